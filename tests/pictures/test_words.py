"""Text in pictures: any text, in the room there is."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.pictures.canvas import Canvas
from lume_services.pictures.words import clean, lasted, shortened, width

any_text = st.text(st.characters(codec=None, exclude_categories=[]))


@given(any_text, st.floats(0, 400), st.sampled_from([10.0, 13.0]), st.booleans())
def test_shortened_text_fits_and_begins_as_the_text(
    text: str, room: float, size: float, bold: bool
) -> None:
    short = shortened(text, room, size, bold)
    if short == clean(text):
        assert width(short, size, bold) <= room
    else:
        assert short.endswith("…")
        assert clean(text).startswith(short[:-1])
        assert width(short, size, bold) <= max(room, width("…", size, bold))


@given(any_text)
def test_any_text_comes_back_from_the_picture(text: str) -> None:
    canvas = Canvas()
    canvas.text(0, 0, text)
    root = ET.fromstring(canvas.svg(10, 10, text).encode())
    assert [part.text or "" for part in root.iterfind(".//{*}text")] == [clean(text)]
    assert root.get("aria-label") == clean(text)


def test_cleaned_text_is_one_line_of_characters_that_show() -> None:
    assert clean("a\nb\tc \x00\x1b\u202ed\ud800") == "a b c \ufffd\ufffd\ufffdd\ufffd"


def test_what_is_cut_is_in_the_tip() -> None:
    canvas = Canvas()
    canvas.text(0, 0, "simulate" * 20, room=80)
    (part,) = ET.fromstring(canvas.svg(10, 10, "")).iterfind(".//{*}text")
    assert part.text == "simulates…"
    assert part.findtext("{*}title") == "simulate" * 20


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 ms"),
        (0.0124, "12 ms"),
        (0.9996, "1 s"),
        (1.234, "1.23 s"),
        (59.97, "1 min 00 s"),
        (125, "2 min 05 s"),
        (3 * 3600 + 60, "3 h 01 min"),
    ],
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert lasted(seconds) == text
