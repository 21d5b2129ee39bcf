"""Hints for a name that is not there."""

from __future__ import annotations

import difflib
from collections.abc import Collection

_NAMES_SHOWN = 12


def hint(name: str, known: Collection[str]) -> str:
    """Return ``"did you mean 'a' or 'b'?"``, else what there is, for the end of a message.

    Parameters
    ----------
    name
        The name that is not there.
    known
        The names that are.
    """
    near = difflib.get_close_matches(name, known, n=3)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    if not known:
        return "there are none."
    shown = sorted(known)[:_NAMES_SHOWN]
    return f"there are: {', '.join(shown)}" + (", ..." if len(known) > len(shown) else ".")
