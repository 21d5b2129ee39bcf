"""What asks for extra packages is read as words, never evaluated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import ContainerError
from lume_services.image.wishes import Wishes, read, shown


def test_words_are_requirements() -> None:
    wished = read(
        {
            "EXTRA_PIP_PACKAGES": "lattice-kit==1.0 'scipy >=1.11, <2' git+https://host/a /a.whl",
            "EXTRA_CONDA_PACKAGES": "beam-tool=2 'field-map >=0.3'",
            "EXTRA_CONDA_CHANNELS": "lab conda-forge",
        }
    )
    assert wished == Wishes(
        ("lattice-kit==1.0", "scipy >=1.11, <2", "git+https://host/a", "/a.whl"),
        ("beam-tool=2", "field-map >=0.3"),
        ("lab", "conda-forge"),
    )


@pytest.mark.parametrize("empty", [{}, {"EXTRA_PIP_PACKAGES": "", "EXTRA_CONDA_CHANNELS": "  "}])
def test_nothing_is_asked_for(empty: dict[str, str]) -> None:
    assert read(empty) == Wishes((), (), ("conda-forge",))


@pytest.mark.parametrize(
    ("variable", "text", "message"),
    [
        ("EXTRA_PIP_PACKAGES", "--index-url=https://host numpy", "'--index-url=.*PIP_INDEX_URL"),
        ("EXTRA_PIP_PACKAGES", "-r file", "'-r' is an option"),
        ("EXTRA_CONDA_PACKAGES", "-c lab", "'-c' is an option; give names and versions"),
        ("EXTRA_CONDA_CHANNELS", "--override", "EXTRA_CONDA_CHANNELS: '--override' is an option"),
        ("EXTRA_PIP_PACKAGES", "numpy $(touch x)", r"'\$\(touch' is no requirement.*quote"),
        ("EXTRA_PIP_PACKAGES", "numpy; touch x", "'numpy;' is no requirement"),
        ("EXTRA_PIP_PACKAGES", "numpy >= 2", "'>=' is no requirement"),
        ("EXTRA_PIP_PACKAGES", "'numpy", "No closing quotation; close every quote"),
        ("EXTRA_CONDA_PACKAGES", "'a\nb'", r"'a\\nb' has characters that cannot be printed"),
    ],
)
def test_what_is_no_requirement_is_refused(variable: str, text: str, message: str) -> None:
    with pytest.raises(ContainerError, match=message) as caught:
        read({variable: text})
    assert caught.value.exit_code == 64


def test_passwords_and_tokens_are_not_shown() -> None:
    words = ("git+https://me:s3cret@host/a.git", "https://host/t/s3cret/channel::field-map")
    assert shown(*words) == "git+https://***@host/a.git https://host/t/***/channel::field-map"
    with pytest.raises(ContainerError, match=r"'--index-url=https://\*\*\*@host'") as caught:
        read({"EXTRA_PIP_PACKAGES": "--index-url=https://me:s3cret@host"})
    assert "s3cret" not in str(caught.value)


@given(st.text())
def test_any_text_gives_words_or_an_error(text: str) -> None:
    try:
        wished = read({"EXTRA_PIP_PACKAGES": text})
    except ContainerError:
        return
    assert not any(word.startswith("-") for word in wished.pip)
