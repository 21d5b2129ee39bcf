"""The local engine, taken from home to home."""

from __future__ import annotations

import contextvars
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from lume_services import config
from lume_services.services.scheduling.local_api.engine import engine_for, flush_logs


class TestEngine:
    """One engine for all tests, at a link that leads to the home of the running test.

    Starting an engine takes longer than running a small flow, and it keeps to its home.

    Parameters
    ----------
    folder
        An empty folder, where the link is made.
    """

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._link = folder / "home"
        self._no_settings = folder / "lume.toml"
        self._no_settings.touch()
        self._engine = engine_for(self._link)
        self._inside = contextvars.copy_context()
        self._active = ExitStack()
        self._variables: dict[contextvars.ContextVar[Any], Any] = {}
        self._set_up: object = None

    @contextmanager
    def at(self, home: Path) -> Iterator[config.Services]:
        """Make a folder the home of the engine, of this process and of its children."""
        self._link.symlink_to(home, target_is_directory=True)
        try:
            with self._configured(), self._in_use():
                yield config.current()
        finally:
            self._link.unlink()

    def close(self) -> None:
        """End the engine."""
        self._inside.run(self._active.close)
        self._engine.close()

    @contextmanager
    def _configured(self) -> Iterator[None]:
        """Configure the process, and leave what it had before as it was."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("LUME_")]:
                patch.delenv(name)
            patch.setenv("LUME_HOME", str(self._link))
            # Empty, so that no lume.toml of the project is found.
            patch.setenv("LUME_CONFIG_FILE", str(self._no_settings))
            patch.setattr(config._process, "set_up", self._set_up)
            services = config.current()
            self._set_up = config._process.set_up
            try:
                yield
            finally:
                services.results_db.close()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        if not self._variables:
            self._variables = self._activate()
        tokens = {variable: variable.set(value) for variable, value in self._variables.items()}
        try:
            with self._engine.active():
                yield
        finally:
            for variable, token in tokens.items():
                variable.reset(token)
            flush_logs()
            self._engine.history.close()

    def _activate(self) -> dict[contextvars.ContextVar[Any], Any]:
        """Enter the engine once, and return what that sets, for each test to take over."""
        before = self._inside.copy()
        self._inside.run(self._enter)
        return {
            variable: value
            for variable, value in self._inside.items()
            if variable not in before or before[variable] is not value
        }

    def _enter(self) -> None:
        from prefect.context import SettingsContext, get_settings_context

        outer = get_settings_context()
        # Results that Prefect keeps for its caches must not come from another test.
        settings = outer.settings.copy_with_update(
            updates={"results.local_storage_path": self._link / "prefect-results"}
        )
        self._active.enter_context(SettingsContext(profile=outer.profile, settings=settings))
        self._active.enter_context(self._engine.active())
