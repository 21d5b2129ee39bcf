"""What the documentation repeats from elsewhere is the same there."""

from __future__ import annotations

import re
from pathlib import Path

import lume_services.errors

ROOT = Path(__file__).parents[2]


def block(page: str, first_line: str) -> str:
    text = (ROOT / page).read_text(encoding="utf-8")
    start = text.index(f"{first_line}\n") + len(first_line) + 1
    return text[start : text.index("```", start)]


def test_readme_shows_the_text_example() -> None:
    for name in ("text_flows.py", "flow_of_flows.yaml"):
        example = (ROOT / "examples/text" / name).read_text(encoding="utf-8")
        assert block("README.md", f"# {name}") == example


def test_error_tree_is_complete() -> None:
    tree = block("docs/errors.md", "```text")
    assert lume_services.errors.__doc__ is not None
    assert (
        tree.split() == lume_services.errors.__doc__.partition("::")[2].split()[: len(tree.split())]
    )


def test_relative_links_lead_to_files() -> None:
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        assert [link for link in links if not (page.parent / link).is_file()] == []
