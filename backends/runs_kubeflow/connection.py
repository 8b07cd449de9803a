"""Calls to a Kubeflow Pipelines cluster: time-outs, second tries, and errors in words."""

import threading
from collections.abc import Callable, Container, Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import tenacity

from backends.runs_kubeflow.explaining import CallFailedError, Explainer
from core.errors import SettingsError
from core.services import KubeflowSettings

TRIES = 3
"""How often a call that only reads is made before it counts as failed."""
PAUSE_SECONDS = 0.1
"""Before the second try; doubles before the third."""
TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
TRY_TEXT_AGAIN = TRY_AGAIN - {500}
"""A log that is not kept any more is answered with 500, however often it is asked for."""

_SERVICES = {
    "run": "RunServiceApi",
    "experiment": "ExperimentServiceApi",
    "pipeline": "PipelineServiceApi",
    "recurring_run": "RecurringRunServiceApi",
    "healthz": "HealthzServiceApi",
}


def base_address(host: str) -> str:
    """Return the address of an API with its scheme and without a slash at the end.

    Raises:
        SettingsError: It is no address.
    """
    # What a browser shows of the Pipelines UI: everything from the fragment on is a page of it.
    text = host.strip().partition("#")[0]
    if "://" not in text:
        text = f"{'http' if _is_here(text) else 'https'}://{text}"
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise SettingsError(
            f"runs.host is no address of a Kubeflow Pipelines API: {parts.hostname or host!r}.",
            hint="For example https://kubeflow.example.org/pipeline.",
        )
    return text.rstrip("/")


class Connection:
    """One cluster as the settings describe it; may be used by several threads.

    Args:
        settings: Where it is and who is asking.

    Raises:
        SettingsError: The address or the certificate file cannot be used.
    """

    def __init__(self, settings: KubeflowSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self.address = base_address(settings.host)
        self.host = urlsplit(self.address).netloc
        secrets = (settings.token.get_secret_value(), settings.cookies.get_secret_value())
        self._explainer = Explainer(self.host, [secret for secret in secrets if secret])
        if settings.ca_file is not None and not settings.ca_file.is_file():
            raise SettingsError(
                f"runs.ca_file names no file: {settings.ca_file}.",
                hint="It is the PEM file of the authority that signed the cluster's certificate.",
            )

    def call(self, doing: str, operation: str, *arguments: object, **named: object) -> Any:
        """Make one call of the API and return its model.

        Args:
            doing: What it does, for an error: `list the runs`.
            operation: The service and its operation: `run/get_run`.
            *arguments: As the generated client takes them.
            **named: Likewise; what is None or empty is left out.

        Raises:
            AssistantError: It failed; the message says who can do what about it.
        """
        service, _, name = operation.partition("/")
        given = {key: value for key, value in named.items() if value not in (None, "")}
        changes = not name.startswith(("get_", "list_"))

        def call() -> Any:
            with self._lock:
                api = self._services[service]
            method = name if service == "upload" else f"{service}_service_{name}"
            return getattr(api, method)(*arguments, **given)

        return self._explained(doing, call, changes=changes)

    def text(self, doing: str, path: str) -> str:
        """Return a page of the API that is text rather than a model.

        Raises:
            AssistantError: It failed; the message says who can do what about it.
        """

        def read() -> str:
            with self._lock:
                client = self._client
            return str(client.read_text(path))

        return str(self._explained(doing, read, changes=False, again=TRY_TEXT_AGAIN))

    def _explained(
        self,
        doing: str,
        call: Callable[[], Any],
        *,
        changes: bool,
        again: Container[int] = TRY_AGAIN,
    ) -> Any:
        try:
            # A call that changes something is made once: nobody knows what a lost answer said.
            return call() if changes else _patiently(call, again)
        except CallFailedError as failed:
            raise self._explainer.explain(doing, failed, changes=changes) from failed

    @cached_property
    def _client(self) -> Any:
        # Importing the generated client takes a third of a second.
        from backends.runs_kubeflow.client import new_client

        return new_client(self._settings, self.address)

    @cached_property
    def _services(self) -> Mapping[str, Any]:
        import kfp_server_api  # type: ignore[import-untyped]  # it ships no types

        services = {
            name: getattr(kfp_server_api, kind)(self._client) for name, kind in _SERVICES.items()
        }
        return {**services, "upload": kfp_server_api.PipelineUploadServiceApi(self._client)}


def _patiently(call: Callable[[], Any], again: Container[int]) -> Any:
    def may_pass(error: BaseException) -> bool:
        return isinstance(error, CallFailedError) and (error.again or error.status in again)

    attempts = tenacity.Retrying(
        stop=tenacity.stop_after_attempt(TRIES),
        wait=tenacity.wait_exponential(multiplier=PAUSE_SECONDS, max=2),
        retry=tenacity.retry_if_exception(may_pass),
        reraise=True,
    )
    return attempts(call)


def _is_here(host: str) -> bool:
    name = host.partition("/")[0].rpartition(":")[0] or host
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"
