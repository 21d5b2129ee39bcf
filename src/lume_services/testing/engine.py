"""The local engine, taken from home to home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lume_services import config
from lume_services.services.scheduling.local_api.engine import engine_for, flush_logs
from lume_services.settings import LUMEServicesSettings


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
        self._settings: tuple[Any, Any] | None = None
        self._services: config.Services | None = None

    @contextmanager
    def at(self, home: Path) -> Iterator[config.Services]:
        """Make a folder the home of the engine, of this process and of its children."""
        self._link.symlink_to(home, target_is_directory=True)
        try:
            with self._configured() as services, self._in_use():
                yield services
        finally:
            self._link.unlink()

    def close(self) -> None:
        """End the engine."""
        self._engine.close()

    @contextmanager
    def _configured(self) -> Iterator[config.Services]:
        """Configure the process, and leave what it had before as it was."""
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("LUME_")]:
                patch.delenv(name)
            patch.setenv("LUME_HOME", str(self._link))
            # Empty, so that no lume.toml of the project is found.
            patch.setenv("LUME_CONFIG_FILE", str(self._no_settings))
            services = self._services or config.build(LUMEServicesSettings())
            self._services = services
            try:
                with config.use_everywhere(services):
                    yield services
            finally:
                services.results_db.close()

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        from prefect.context import SettingsContext, get_settings_context

        outer = get_settings_context()
        settings = self._isolated(outer.settings)
        try:
            with SettingsContext(profile=outer.profile, settings=settings), self._engine.active():
                yield
        finally:
            flush_logs()
            self._engine.history.close()

    def _isolated(self, settings: Any) -> Any:
        """Return the settings with caches of their own (kept, as the copy is slow)."""
        if self._settings is None or self._settings[0] is not settings:
            storage = {"results.local_storage_path": self._link / "prefect-results"}
            self._settings = (settings, settings.copy_with_update(updates=storage))
        return self._settings[1]
