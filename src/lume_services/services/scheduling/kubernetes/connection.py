"""Requests to the API server of a Kubernetes cluster, and what can go wrong with them."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lume_services.errors import InputError, SchedulingError, SettingsError
from lume_services.extras import needed

if TYPE_CHECKING:
    from kubernetes.client import ApiClient
    from kubernetes.client.exceptions import ApiException

    from lume_services.settings_kubernetes import KubernetesSettings

# An API server may be started again in between.
PATIENCE_SECONDS = 60.0
# To connect, and between the parts of an answer.
TIMEOUT = (5.0, 30.0)
# Each run that is started at the same moment needs one.
_CONNECTIONS = 64
_REFUSED = frozenset({400, 422})
_NOT_READY = frozenset({0, 408, 429})
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class UnreachableError(SchedulingError):
    """The cluster gives no answer, or none yet."""


class NotThereError(SchedulingError):
    """There is no such thing."""


class ConflictError(SchedulingError):
    """What was to be made is there already."""


class Connection:
    """The API server; connected with when first used, and used from any thread.

    Parameters
    ----------
    settings
        Where it is, and how it is entered.
    """

    def __init__(self, settings: KubernetesSettings) -> None:
        self._settings = settings
        self._client: ApiClient | None = None
        self._lock = threading.Lock()

    def ask(self, api: str, method: str, *arguments: Any, **options: Any) -> Any:
        """Return the answer to a request, or None where there is no such thing.

        It is sent again for a while where there is no answer, so sending it twice must do
        no harm.

        Parameters
        ----------
        api, method
            Names of a class of the kubernetes package and of its method.

        Raises
        ------
        SchedulingError
            If the cluster cannot be reached or refuses.
        """
        begin, pause = time.monotonic(), 0.2
        while True:
            try:
                return json.loads(self.text(api, method, *arguments, **options))
            except NotThereError:
                return None
            except UnreachableError:
                if time.monotonic() - begin > PATIENCE_SECONDS:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def text(self, api: str, method: str, *arguments: Any, **options: Any) -> str:
        """Return the answer to a request as it is; the request is sent once."""
        with self._errors(), closing(self._send(api, method, *arguments, **options)) as answer:
            return str(answer.data.decode("utf-8", "replace"))

    def lines(self, api: str, method: str, *arguments: Any, **options: Any) -> Iterator[bytes]:
        """Yield the lines of an answer as they come."""
        with self._errors(), closing(self._send(api, method, *arguments, **options)) as answer:
            yield from answer

    def _send(self, api: str, method: str, *arguments: Any, **options: Any) -> Any:
        from kubernetes import client

        request = getattr(getattr(client, api)(self._connected()), method)
        options = {"_preload_content": False, "_request_timeout": TIMEOUT, **options}
        return request(*arguments, **options)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with needed("kubernetes", "the Kubernetes backend"):
            from kubernetes.client import ApiException
            from urllib3.exceptions import HTTPError

        try:
            yield
        except ApiException as error:
            raise self._refusal(error) from None
        except ValidationError as error:
            raise InputError(_invalid(error)) from None
        except (HTTPError, OSError) as error:
            raise UnreachableError(
                f"the Kubernetes cluster at {self._address()} cannot be reached ({error}); check "
                "with `kubectl version`, and set LUME_KUBERNETES__CONTEXT to another context where "
                "it is the wrong one."
            ) from None

    def namespace(self) -> str:
        """Return the namespace that the configuration of the connection names."""
        with needed("kubernetes", "the Kubernetes backend"):
            from kubernetes import config

        with _configured():
            if self._in_cluster():
                return (_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
            contexts, active = config.list_kube_config_contexts(self._file())
        chosen = [each for each in contexts if each["name"] == self._settings.context] or [active]
        return str(chosen[0]["context"].get("namespace") or "default")

    def _connected(self) -> ApiClient:
        from kubernetes import client

        with self._lock:
            if self._client is None:
                self._client = client.ApiClient(self._configuration())
            return self._client

    def _configuration(self) -> Any:
        from kubernetes import client, config

        configuration = client.Configuration()
        configuration.connection_pool_maxsize = _CONNECTIONS
        # What may be sent again is, by `ask`.
        configuration.retries = False
        with _configured():
            if self._in_cluster():
                config.load_incluster_config(client_configuration=configuration)
            else:
                config.load_kube_config(
                    self._file(), self._settings.context, client_configuration=configuration
                )
        return configuration

    def _in_cluster(self) -> bool:
        asked_for = self._settings.kubeconfig or self._settings.context
        elsewhere = asked_for or os.environ.get("KUBECONFIG")
        return not elsewhere and (_ACCOUNT / "token").is_file()

    def _file(self) -> str | None:
        path = self._settings.kubeconfig
        return None if path is None else str(path.expanduser())

    def _address(self) -> str:
        client = self._client
        return "?" if client is None else str(client.configuration.host)

    def _refusal(self, error: ApiException) -> SchedulingError | InputError:
        told = _told(error)
        where = f"the Kubernetes cluster at {self._address()}"
        if error.status == 404:
            return NotThereError(told)
        if error.status == 409:
            return ConflictError(told)
        if error.status in _NOT_READY or error.status >= 500:
            return UnreachableError(f"{where} is not ready: {told}")
        if error.status == 401:
            return SchedulingError(
                f"{where} does not know who asks ({told}); log in again, or correct the kubeconfig."
            )
        if error.status == 403:
            return SchedulingError(
                f"{where} forbids this: {told}. Let somebody give the worker's account the role "
                "that stands in deploy/kubernetes/base/worker-role.yaml."
            )
        if error.status in _REFUSED:
            return InputError(f"{where} refuses: {told}")
        return SchedulingError(f"{where}: {told}")


@contextmanager
def _configured() -> Iterator[None]:
    """Say how a cluster is configured where none is."""
    from kubernetes import config

    try:
        yield
    except (config.ConfigException, OSError) as error:
        raise SettingsError(
            f"no Kubernetes cluster is configured: {error}. Set LUME_KUBERNETES__KUBECONFIG to a "
            "file that kubectl can use, and LUME_KUBERNETES__CONTEXT to one of its contexts."
        ) from None


def _told(error: ApiException) -> str:
    """Return what the cluster says, without the rest of its answer."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return str(error.reason)


def _invalid(error: Any) -> str:
    problems = "; ".join(
        f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}"
        for each in error.errors(include_url=False, include_input=False)
    )
    return f"Kubernetes would not take this Job: {problems}. Correct the template or the options."
