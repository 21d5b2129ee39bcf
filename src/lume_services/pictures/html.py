"""What notebooks show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

Rows = Iterable[Sequence[str]]

_CELL = "text-align:left;vertical-align:top"


def scrolling(svg: str) -> str:
    """Return a picture that keeps its size and scrolls where it is too wide.

    Parameters
    ----------
    svg
        The picture.
    """
    return f'<div style="overflow-x:auto">{svg}</div>'


def sheet(title: str, facts: Sequence[str], *tables: str) -> str:
    """Return a title, facts in one line and tables below each other.

    Parameters
    ----------
    title, facts
        Plain text.
    tables
        What `table` returned.
    """
    line = escape(" · ".join(facts))
    return f"<div><strong>{escape(title)}</strong> {line}{''.join(tables)}</div>"


def table(columns: Sequence[str], rows: Rows) -> str:
    """Return a table of plain text; nothing where there are no rows.

    Parameters
    ----------
    columns
        Its head.
    rows
        Its cells.
    """
    lines = "".join(f"<tr>{_cells('td', row)}</tr>" for row in rows)
    if not lines:
        return ""
    return f"<table><thead><tr>{_cells('th', columns)}</tr></thead><tbody>{lines}</tbody></table>"


def _cells(tag: str, texts: Sequence[str]) -> str:
    return "".join(f'<{tag} style="{_CELL}">{escape(text)}</{tag}>' for text in texts)
