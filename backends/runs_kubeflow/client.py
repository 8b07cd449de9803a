"""The generated client of the Pipelines API, made to say what went wrong."""

import json
import ssl
from typing import Any

import kfp_server_api  # type: ignore[import-untyped]  # it ships no types
import urllib3
from kfp_server_api.exceptions import ApiException  # type: ignore[import-untyped]  # likewise

from backends.runs_kubeflow.explaining import CallFailedError
from core.services import KubeflowSettings


def new_client(settings: KubeflowSettings, address: str) -> "ExplainedClient":
    """Return a client for the cluster at an address."""
    configuration = kfp_server_api.Configuration(host=address)
    configuration.verify_ssl = settings.verify_tls
    configuration.ssl_ca_cert = str(settings.ca_file) if settings.ca_file else None
    # Second tries are ours, and a redirect to a login page must not be followed.
    configuration.retries = False
    if token := settings.token.get_secret_value():
        configuration.api_key["authorization"] = token
        configuration.api_key_prefix["authorization"] = "Bearer"
    if not settings.verify_tls:
        # A person chose so, and the warning would land in the middle of their terminal.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    client = ExplainedClient(configuration, cookie=settings.cookies.get_secret_value() or None)
    client.timeout_seconds = settings.timeout_seconds
    return client


class ExplainedClient(kfp_server_api.ApiClient):  # type: ignore[misc]  # an untyped base class
    """Makes every request with a time-out and checks every answer.

    The generated client takes a page of HTML or half an answer for an empty model, passes over
    time-outs that are not whole numbers, and trips over errors without a body; all of its
    requests come through here.
    """

    timeout_seconds: float = 30

    def request(
        self,
        method: str,
        url: str,
        query_params: Any = None,
        headers: Any = None,
        post_params: Any = None,
        body: Any = None,
        _preload_content: bool = True,
        _request_timeout: Any = None,
    ) -> Any:
        """Make a request whose answer is a JSON object."""
        answer = self._ask(
            method,
            url,
            query_params=query_params,
            headers=headers,
            post_params=post_params,
            body=body,
        )
        _check(answer.data, answer.getheader("content-type") or "")
        return answer

    def deserialize(self, response: Any, response_type: Any) -> Any:
        """Read a JSON object as one of the API's models."""
        try:
            return super().deserialize(response, response_type)
        except (ApiException, AttributeError, TypeError, ValueError) as error:
            raise CallFailedError(trouble="the answer is not one of the Pipelines API") from error

    def read_text(self, path: str) -> str:
        """Return a page of the API that is text."""
        headers: dict[str, str] = {"Accept": "text/plain", **self.default_headers}
        if self.cookie:
            headers["Cookie"] = self.cookie
        self.update_params_for_auth(headers, [], ["Bearer"])
        answer = self._ask("GET", self.configuration.host + path, headers=headers)
        if "html" in (answer.getheader("content-type") or ""):
            raise CallFailedError(trouble="a web page came back instead of an answer of the API")
        return bytes(answer.data).decode("utf-8", errors="replace")

    def _ask(self, method: str, url: str, **parts: Any) -> Any:
        try:
            return super().request(
                method, url, _request_timeout=(self.timeout_seconds, self.timeout_seconds), **parts
            )
        except ApiException as error:
            raise _failed(error) from error
        except urllib3.exceptions.HTTPError as error:
            raise self._no_answer(error) from error
        except UnicodeError as error:
            raise CallFailedError(trouble="the address or the token cannot be sent") from error

    def _no_answer(self, error: urllib3.exceptions.HTTPError) -> CallFailedError:
        if isinstance(error, urllib3.exceptions.LocationValueError):
            return CallFailedError(trouble="the address cannot be used", settings=True)
        if isinstance(error, urllib3.exceptions.NameResolutionError):
            return CallFailedError(trouble="no such host is known")
        if isinstance(error, urllib3.exceptions.NewConnectionError):
            return CallFailedError(trouble="nothing answers at that address", again=True)
        # After the connections that were refused, which count as one of these.
        if isinstance(error, urllib3.exceptions.TimeoutError):
            return CallFailedError(trouble=f"it took longer than {self.timeout_seconds:g} s")
        if isinstance(error, urllib3.exceptions.ProtocolError):
            return CallFailedError(trouble="the connection broke off in the middle", again=True)
        return CallFailedError(trouble="the connection failed")


def _failed(error: ApiException) -> CallFailedError:
    if error.status:
        body = error.body or b""
        text = body.decode("utf-8", errors="replace") if isinstance(body, bytes) else str(body)
        return CallFailedError(status=int(error.status), body=text)
    cause = error.__context__
    reason = getattr(getattr(cause, "args", [None])[0], "verify_message", "") if cause else ""
    why = f" ({reason})" if reason else ""
    if isinstance(cause, ssl.SSLError | urllib3.exceptions.SSLError):
        return CallFailedError(
            trouble=f"its certificate or its TLS cannot be trusted{why}", settings=True
        )
    return CallFailedError(trouble="the connection failed")


def _check(content: bytes, kind: str) -> None:
    """Make sure that an answer is a whole JSON object."""
    if "html" in kind.casefold():
        raise CallFailedError(trouble="a web page came back instead of an answer of the API")
    try:
        read = json.loads(content)
    except ValueError as error:
        raise CallFailedError(trouble="the answer broke off in the middle", again=True) from error
    if not isinstance(read, dict):
        raise CallFailedError(trouble="the answer is not one of the Pipelines API")
