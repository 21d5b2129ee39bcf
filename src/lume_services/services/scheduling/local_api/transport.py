"""The embedded API without HTTP: for the synchronous flows of this process."""

from __future__ import annotations

from typing import Any

import httpx

from lume_services.services.scheduling.local_api.answers import PREFIX
from lume_services.services.scheduling.local_api.endpoints import Api


class InProcess(httpx.BaseTransport):
    """Hands the requests of an httpx client to the API, in the caller's thread.

    Parameters
    ----------
    api
        What answers.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        path = request.url.path.removeprefix(PREFIX)
        answer = self._api.answer(request.method, path, request.read())
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)


class Requests:
    """Stands in for the method ``request`` of Prefect's client, which asks the API through it.

    What httpx does with URLs, headers and cookies is left out: it takes a quarter of the
    time of a small flow.

    Parameters
    ----------
    api
        What answers.
    """

    def __init__(self, api: Api) -> None:
        self._api = api

    def __call__(
        self,
        method: str,
        path: str,
        params: Any = None,
        path_params: dict[str, Any] | None = None,
        json: Any = None,
    ) -> httpx.Response:
        """Answer a request, or raise the error that Prefect's client raises."""
        from prefect.client.base import PrefectResponse

        if path_params:
            path = path.format(**path_params)
        answer = self._api.call(method, path, json)
        response = httpx.Response(answer.status, headers=answer.headers, content=answer.body)
        if response.is_error:
            response.request = httpx.Request(method, f"http://127.0.0.1{PREFIX}{path}")
            PrefectResponse.from_httpx_response(response).raise_for_status()
        return response
