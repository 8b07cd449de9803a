"""From what a cluster answered to an error that says who can do what about it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import (
    AssistantError,
    NotFoundError,
    RequestError,
    SettingsError,
    UnavailableError,
)

LONGEST_MESSAGE = 300
"""Characters of a cluster's own message that are shown."""
GRPC_NOT_FOUND = 5
GRPC_TAKEN = 6


class CallFailedError(Exception):
    """A call that brought no usable answer.

    Args:
        status: The HTTP status; 0 where no answer came.
        body: What was answered, as text.
        trouble: What went wrong, in words, where the status does not say it.
        again: Whether the same call may work if it is made again.
        settings: Whether the settings are to blame.
    """

    def __init__(
        self,
        status: int = 0,
        body: str = "",
        *,
        trouble: str = "",
        again: bool = False,
        settings: bool = False,
    ) -> None:
        super().__init__(f"{status} {trouble}".strip())
        self.status = status
        self.body = body
        self.trouble = trouble
        self.again = again
        self.settings = settings


class _Answer(BaseModel):
    """How the API words an error; some parts of it say `error`, some `error_message`."""

    model_config = ConfigDict(extra="ignore")

    code: int = 0
    message: str = ""
    error: str = ""
    error_message: str = ""


@dataclass(frozen=True, slots=True)
class Explainer:
    """Words the errors of one cluster."""

    host: str
    secrets: Sequence[str]
    """Never shown, should the cluster repeat them."""

    def explain(self, doing: str, failed: CallFailedError, *, changes: bool) -> AssistantError:
        """Return the error that people see.

        Args:
            doing: What was being done: `list the runs`.
            failed: How it failed.
            changes: Whether the call may have changed something although no answer came.
        """
        if failed.trouble:
            return self._no_answer(doing, failed, changes=changes)
        code, said = self._said(failed.body)
        could_not = f"Kubeflow at {self.host} could not {doing}"
        quoted = [said] if said else []
        because = f": {said}" if said else ""
        if failed.status == 401:
            return SettingsError(
                f"Kubeflow at {self.host} does not know who is asking to {doing} (401).",
                hint="Set runs.token or runs.cookies to a valid one; tokens expire.",
            )
        if 300 <= failed.status < 400:
            return SettingsError(
                f"Kubeflow at {self.host} sent us to a login page instead of letting us {doing}.",
                hint="Set runs.token, or runs.cookies from a browser that is logged in.",
            )
        if failed.status == 403:
            return SettingsError(
                f"Kubeflow at {self.host} does not let us {doing} (403){because}.",
                hint="Ask for the permission there, or set runs.namespace to your own namespace.",
                quoted=quoted,
            )
        if failed.status == 404 or code == GRPC_NOT_FOUND:
            return NotFoundError(
                f"{could_not}: it is not there (404).",
                hint="It may have been deleted meanwhile; or runs.host is not the address of the"
                " Pipelines API.",
            )
        if failed.status == 409 or code == GRPC_TAKEN:
            return RequestError(
                f"{could_not}: that name is taken.", hint="Use another name.", quoted=quoted
            )
        if 400 <= failed.status < 500 and failed.status != 429:
            return RequestError(f"{could_not} ({failed.status}){because}.", quoted=quoted)
        return UnavailableError(
            f"{could_not} ({failed.status}){because}.",
            hint=_perhaps(changes) or "Try again in a moment; `doctor` says whether it answers.",
            quoted=quoted,
        )

    def _no_answer(self, doing: str, failed: CallFailedError, *, changes: bool) -> AssistantError:
        message = f"Kubeflow at {self.host} could not {doing}: {failed.trouble}."
        if failed.settings:
            return SettingsError(
                message, hint="Check runs.host, runs.ca_file and runs.verify_tls in the settings."
            )
        hint = "Is runs.host the address of the Pipelines API, and is the cluster up?"
        return UnavailableError(message, hint=_perhaps(changes) or hint)

    def _said(self, body: str) -> tuple[int, str]:
        """Return the code and the first line of the message of an error as the API words it."""
        try:
            answer = _Answer.model_validate(json.loads(body))
        except (ValueError, ValidationError):
            # Whatever else was answered (a page of a proxy, half a reply) is not for people.
            return 0, ""
        said = answer.message or answer.error_message or answer.error
        line = next((line.strip() for line in said.splitlines() if line.strip()), "").rstrip(".")
        for secret in self.secrets:
            line = line.replace(secret, "•••")
        return answer.code, line[:LONGEST_MESSAGE]


def _perhaps(changes: bool) -> str:
    return "It may have happened all the same: look before you try again." if changes else ""
