"""The commands ``lume-services config``."""

from __future__ import annotations

from dataclasses import asdict

from cyclopts import App

from lume_services.cli import console
from lume_services.cli.console import Cell

_OK, _FAILED = Cell("ok", "green"), Cell("failed", "red")

app = App(name="config", help="Show the settings, or check the services.")


@app.command
def show() -> None:
    """Show every effective setting and where it came from, secrets masked."""
    from lume_services.settings import LUMEServicesSettings, explain

    settings = explain(LUMEServicesSettings())
    if console.for_programs.get():
        values = {s.name: {"value": s.value, "source": s.source} for s in settings}
        console.document(values)
        return
    rows = [[s.name, "-" if s.value is None else str(s.value), s.source] for s in settings]
    console.table(("SETTING", "VALUE", "SOURCE"), rows)


@app.command
def check() -> int:
    """Try each configured service."""
    from lume_services import config

    checks = config.check(config.current())
    if console.for_programs.get():
        console.document([asdict(c) for c in checks])
    else:
        rows = [(c.service, _OK if c.ok else _FAILED, c.detail) for c in checks]
        console.table(("SERVICE", "STATE", "DETAIL"), rows)
    return 0 if all(c.ok for c in checks) else 1
