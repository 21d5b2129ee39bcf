"""The embedded API without HTTP: for the synchronous flows of this process."""

from __future__ import annotations

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
