"""Makes Prefect's flow engine report to the embedded API."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from lume_services.services.scheduling.local_api.endpoints import Api
from lume_services.services.scheduling.local_api.history import History
from lume_services.services.scheduling.local_api.server import LocalServer
from lume_services.services.scheduling.local_api.transport import InProcess, Requests


class LocalEngine:
    """Prefect's engine on the embedded API.

    Parameters
    ----------
    history
        Where runs are kept.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self._api = Api(history)
        self._server = LocalServer(self._api)

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make flows that are called inside the block report to the embedded API.

        Holds for this thread or asyncio task and for what Prefect starts from it;
        the settings and profile of the user are neither used nor changed.
        """
        from prefect.context import (
            AsyncClientContext,
            SettingsContext,
            SyncClientContext,
            get_settings_context,
        )

        from lume_services.services.scheduling.local_api import direct_logs, observer

        self._server.ensure_running()
        outer = get_settings_context()
        if outer.settings.api.url == self._server.url:
            yield
            return
        observer.watch(self._server.url, self.history)
        direct_logs.install()
        with ExitStack() as stack:
            settings = _changed(outer.settings, self._server)
            stack.enter_context(SettingsContext(profile=outer.profile, settings=settings))
            # A client of another API must not be taken over by the flows inside the block.
            stack.enter_context(_unset(SyncClientContext.__var__))
            stack.enter_context(_unset(AsyncClientContext.__var__))
            stack.enter_context(self._client())
            yield

    def close(self) -> None:
        """Stop the API and close the history; a later use starts them again."""
        if self._server.running:
            flush_logs()
            self._server.stop()
        self.history.close()

    def _client(self) -> Any:
        """Return one client for all flows of a block, which calls the API without HTTP.

        Prefect would make a client for each flow, and not close all of them.
        """
        from prefect.context import SyncClientContext

        context = SyncClientContext(httpx_settings={"transport": InProcess(self._api)})
        # So that Prefect takes it for the client of the settings, which it is.
        context._httpx_settings = None
        client: Any = context.client
        client.request = Requests(self._api)
        return context


@contextmanager
def _unset(variable: ContextVar[Any]) -> Iterator[None]:
    token = variable.set(None)
    try:
        yield
    finally:
        variable.reset(token)


_engines: dict[Path, LocalEngine] = {}
_engines_lock = threading.Lock()


def engine_for(home: Path) -> LocalEngine:
    """Return the engine of a home folder: one for each in a process.

    Parameters
    ----------
    home
        Folder that holds the embedded store.
    """
    with _engines_lock:
        return _engines.setdefault(home, LocalEngine(History(home / "history.sqlite")))


def flush_logs() -> None:
    """Wait until Prefect has sent the log lines of this process."""
    if "prefect.logging.handlers" not in sys.modules:
        return
    from prefect.logging.handlers import APILogHandler

    # In a thread of its own, since it does not wait where an event loop runs.
    flusher = threading.Thread(target=APILogHandler().flush)
    flusher.start()
    flusher.join()


def _changed(settings: Any, server: LocalServer) -> Any:
    """Return settings that point to our API: a copy, since Prefect's own validates all anew."""
    from pydantic import SecretStr

    api = {
        "url": server.url,
        "auth_string": SecretStr(server.auth_string),
        "key": None,
        "tls_insecure_skip_verify": False,
        # Our API has no TLS, yet each client would load the authorities of the world, 20 ms.
        "ssl_cert_file": str(Path(__file__).with_name("no_ca.pem")),
    }
    client = {
        "server_version_check_enabled": False,
        "csrf_support_enabled": False,
        "custom_headers": {},
    }
    ephemeral = settings.server.ephemeral.model_copy(update={"enabled": False})
    changes: dict[str, dict[str, Any]] = {
        "api": api,
        "client": client,
        "server": {"ephemeral": ephemeral, "analytics_enabled": False},
        "cloud": {"enable_orchestration_telemetry": False},
        # For a server that looks for dead runs; its thread would cost a second a flow.
        "flows": {"heartbeat_frequency": None},
        "results": {"default_storage_block": None},
    }
    sections = {
        name: getattr(settings, name).model_copy(update=values) for name, values in changes.items()
    }
    return settings.model_copy(update={**sections, "ui_url": ""})
