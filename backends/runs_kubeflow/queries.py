"""What to list, as the Pipelines API asks for it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from core.runs import RunState

NEWEST_FIRST = "created_at desc"

_STATES: Mapping[RunState, Sequence[str]] = {
    RunState.PENDING: ("PENDING", "RUNTIME_STATE_UNSPECIFIED"),
    RunState.RUNNING: ("RUNNING", "CANCELING", "PAUSED"),
    RunState.SUCCEEDED: ("SUCCEEDED",),
    RunState.FAILED: ("FAILED",),
    RunState.CANCELED: ("CANCELED",),
    RunState.SKIPPED: ("SKIPPED",),
}
_BY_NAME = {name: state for state, names in _STATES.items() for name in names}

Predicate = Mapping[str, object]


def run_state(name: str) -> RunState:
    """Return the state that the API's name means; one that it does not name is pending."""
    return _BY_NAME.get(name, RunState.PENDING)


def equals(key: str, value: str) -> Predicate:
    """Ask for what has a value."""
    return {"key": key, "operation": "EQUALS", "string_value": value}


def contains(key: str, value: str) -> Predicate:
    """Ask for what has a text in a value."""
    return {"key": key, "operation": "IS_SUBSTRING", "string_value": value}


def in_state(state: RunState) -> Predicate:
    """Ask for runs in a state."""
    return {"key": "state", "operation": "IN", "string_values": {"values": list(_STATES[state])}}


def since(moment: datetime) -> Predicate:
    """Ask for what was created at a moment or later."""
    text = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"key": "created_at", "operation": "GREATER_THAN_EQUALS", "timestamp_value": text}


def archived(is_archived: bool) -> Predicate:
    """Ask for what is in the archive, or for what is not."""
    return {
        "key": "storage_state",
        "operation": "EQUALS" if is_archived else "NOT_EQUALS",
        "string_value": "ARCHIVED",
    }


def as_filter(predicates: Sequence[Predicate]) -> str:
    """Return predicates, all of which must hold, as the API reads them."""
    return json.dumps({"predicates": list(predicates)}) if predicates else ""
