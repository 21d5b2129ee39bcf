"""The commands ``lume-services results``."""

from __future__ import annotations

from cyclopts import App

_COMMANDS = {
    "find": ("search:find", "Find database results."),
    "show": ("show:show", "Show database results as JSON."),
    "plot": ("plot:plot", "Plot results as a picture."),
    "lineage": ("lineage:lineage", "Show what a result was made from, and what from it."),
    "diff": ("diff:diff", "Show what differs between two results."),
    "rerun": ("rerun:rerun", "Run again what made a result."),
    "crate": ("crate:crate", "Pack a result with all that belongs to it."),
    "export": ("export:export", "Write results to a file."),
    "index": ("index:index", "Make queries on a path fast, or list the paths that are."),
    "copy": ("copy:copy", "Copy results to another database."),
    "flush": ("flush:flush", "Insert results that were kept in files."),
    "gc": ("gc:gc", "Remove large values that no result refers to."),
}

app = App(name="results", help="Find, show and export database results.")
for _name, (_target, _help) in _COMMANDS.items():
    app.command(f"lume_services.cli.{_target}", name=_name, help=_help)
