"""Requests to a Prefect server, and what can go wrong with them in our words."""

from __future__ import annotations

import base64
import logging
import math
import threading
import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lume_services.errors import InputError, SchedulingError
from lume_services.services.scheduling.run_context import current_run
from lume_services.settings_prefect import PrefectSettings

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger(__name__)

JSON = dict[str, Any]

PAGE = 200
TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 5.0
# Server and worker may be started at once, and the server takes long on a busy host.
PATIENCE_SECONDS_OF_WORKERS = 240.0
# A flow that has run for hours outlives a server that is started again.
PATIENCE_SECONDS_OF_FLOWS = 240.0
_AT_ONCE = 20
_REFUSED = frozenset({400, 403, 409, 422})


class PrefectServer:
    """A Prefect server; connects when first used, and may be used from any thread.

    Requests that the server cannot be reached for are sent again for some seconds, so
    every one must be such that sending it twice does no harm.

    Parameters
    ----------
    settings
        Where it is, and how it is entered.
    patience
        For how many seconds requests are sent again; by default some, and minutes in flows.
        Also an attribute.

    Raises
    ------
    SchedulingError
        From each method, if the server cannot be reached or refuses.
    """

    def __init__(self, settings: PrefectSettings, patience: float | None = None) -> None:
        self.settings = settings
        self.patience = patience
        self.url = settings.api_url
        self._client: httpx.Client | None = None
        self._answers = True
        self._lock = threading.Lock()

    def get(self, path: str) -> Any:
        """Return what is at a path, or None where there is nothing."""
        return self._answer("GET", path, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Send JSON to a path; return the answer, or None where the path leads nowhere."""
        return self._answer("POST", path, body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change what is at a path."""
        return self._answer("PATCH", path, body)

    def delete(self, path: str) -> None:
        """Remove what is at a path, if it is there."""
        self._answer("DELETE", path, None)

    def filter(
        self, path: str, body: Mapping[str, Any], limit: int | None = None
    ) -> Iterator[JSON]:
        """Give what a filter finds, page by page.

        Parameters
        ----------
        path
            The collection, for example ``flow_runs``.
        body
            The filters, and the order if it matters.
        limit
            How many at most; by default all.
        """
        offset = 0
        while limit is None or offset < limit:
            size = PAGE if limit is None else min(PAGE, limit - offset)
            page = self.post(f"/{path}/filter", {**body, "limit": size, "offset": offset}) or []
            yield from page
            if len(page) < size:
                return
            offset += size

    def close(self) -> None:
        """Give up the connection; a later request opens it again."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _answer(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        response = self._send(method, path, body)
        if response.status_code == 404:
            return None
        if response.is_error:
            raise self._refusal(response)
        return response.json() if response.content else None

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        import httpx

        begin, failed, pause = time.monotonic(), math.inf, 0.1
        while True:
            try:
                response = self._connected().request(method, path, json=body)
            except httpx.TransportError as error:
                # One that takes connections and does not answer in time is busy.
                busy = isinstance(error, httpx.ReadTimeout)
                patience = PATIENCE_SECONDS_OF_FLOWS if busy else self._patience_now()
                if self._answers and patience > PATIENCE_SECONDS:
                    logger.warning("waits for the Prefect server at %s: %s", self.url, error)
                self._answers = False
                failed = min(failed, time.monotonic())
                if time.monotonic() - failed > patience:
                    raise SchedulingError(
                        f"the Prefect server at {self.url} cannot be reached "
                        f"({type(error).__name__}: {error}); {_advice(error)}."
                    ) from None
            else:
                self._answers = True
                # Its database is locked by another request.
                busy = response.status_code == 503
                if not busy or time.monotonic() - begin > PATIENCE_SECONDS_OF_FLOWS:
                    return response
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def _patience_now(self) -> float:
        if self.patience is not None:
            return self.patience
        return PATIENCE_SECONDS_OF_FLOWS if current_run() else PATIENCE_SECONDS

    def _refusal(self, response: httpx.Response) -> SchedulingError | InputError:
        if response.status_code == 401:
            return SchedulingError(
                f"the Prefect server at {self.url} does not take the authentication string; "
                "set LUME_PREFECT__AUTH_STRING to the one that the server was started with."
            )
        detail = _detail(response)
        if response.status_code in _REFUSED:
            return InputError(f"the Prefect server at {self.url} refuses: {detail}")
        return SchedulingError(
            f"the Prefect server at {self.url} failed with {response.status_code}: {detail}. "
            "Its log tells more."
        )

    def _connected(self) -> httpx.Client:
        import httpx

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    base_url=self.url,
                    headers=authorization(self.settings),
                    # Threads may be many. A connection that is idle is not closed for that, as
                    # another thread may have just chosen it.
                    timeout=httpx.Timeout(TIMEOUT_SECONDS, pool=None),
                    limits=httpx.Limits(max_connections=_AT_ONCE),
                    verify=tls(self.settings),
                )
            return self._client


def headers(settings: PrefectSettings) -> dict[str, str]:
    """Return the headers that the settings give for every request, websockets too."""
    return {name: value.get_secret_value() for name, value in (settings.headers or {}).items()}


def authorization(settings: PrefectSettings) -> dict[str, str]:
    """Return the headers that let a request in."""
    if settings.auth_string is None:
        return headers(settings)
    secret = settings.auth_string.get_secret_value().encode()
    return {**headers(settings), "Authorization": f"Basic {base64.b64encode(secret).decode()}"}


def tls(settings: PrefectSettings) -> Any:
    """Return the authorities that the server's certificate is checked against."""
    if not settings.api_url.startswith("https:"):
        return False  # none is needed, and loading those of the world takes 20 ms
    if settings.tls_certificate is None:
        return True
    import ssl

    return ssl.create_default_context(cafile=settings.tls_certificate)


def _advice(error: httpx.TransportError) -> str:
    """Return what to do about a server that cannot be reached."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "set LUME_PREFECT__TLS_CERTIFICATE to the file of the authority that signed it"
    return (
        "start it with `lume-services server start`, or set LUME_PREFECT__API_URL to the address "
        "of one"
    )


def _detail(response: httpx.Response) -> str:
    try:
        answer = response.json()
    except ValueError:
        return response.text[:500]
    found = answer.get("detail") or answer.get("exception_detail") or answer
    if isinstance(found, list):
        found = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
    return str(found)[:500]
