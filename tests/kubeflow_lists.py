"""How a cluster filters, sorts and pages its lists."""

import base64
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

LARGEST_PAGE = 200
USUAL_PAGE = 20

INVALID, NOT_FOUND, TAKEN, DENIED, PRECONDITION, BROKEN, UNAVAILABLE, UNKNOWN_CALLER = (
    3, 5, 6, 7, 9, 13, 14, 16,
)  # fmt: skip
STATUS_OF = {
    INVALID: 400, NOT_FOUND: 404, TAKEN: 409, DENIED: 403, PRECONDITION: 400, BROKEN: 500,
    UNAVAILABLE: 503, UNKNOWN_CALLER: 401,
}  # fmt: skip


class ApiError(Exception):
    """An error as the API words it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The query of a list request."""

    filter: str = ""
    sort_by: str = ""
    page_size: int = 0
    page_token: str = ""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of a list."""

    items: Sequence[Any]
    total: int
    next_page_token: str | None


def listed(
    items: Iterable[Any],
    asked: Asked,
    fields: Mapping[str, str],
    identity: Callable[[Any], str],
) -> Listing:
    """Return a page of what fits.

    Args:
        items: All there are.
        asked: The query.
        fields: The attributes by the keys that can be filtered and sorted by.
        identity: The id of an item.
    """
    predicates = [_plain(p) for p in json.loads(asked.filter or "{}").get("predicates", [])]
    for predicate in predicates:
        if predicate["key"] not in fields:
            raise ApiError(INVALID, f"Invalid input error: no such field: {predicate['key']}")
    fitting = [item for item in items if all(_fits(item, p, fields) for p in predicates)]
    key, _, direction = (asked.sort_by or "created_at").partition(" ")
    if key not in fields or direction not in {"", "asc", "desc"}:
        raise ApiError(INVALID, f"Invalid input error: cannot sort by {asked.sort_by!r}")

    def place(item: Any) -> tuple[str, str]:
        return str(getattr(item, fields[key])), identity(item)

    fitting.sort(key=place, reverse=direction == "desc")
    if asked.page_size < 0:
        raise ApiError(INVALID, "The page size should be greater than 0.")
    size = min(asked.page_size or USUAL_PAGE, LARGEST_PAGE)
    start = 0
    if asked.page_token:
        begun = tuple(json.loads(base64.b64decode(asked.page_token)))
        after = [
            place(item) <= begun if direction == "desc" else place(item) >= begun
            for item in fitting
        ]
        start = after.index(True) if True in after else len(fitting)
    page = fitting[start : start + size]
    rest = fitting[start + size : start + size + 1]
    token = base64.b64encode(json.dumps(place(rest[0])).encode()).decode() if rest else None
    return Listing(items=page, total=len(fitting), next_page_token=token)


def _plain(predicate: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a predicate in the one of the two spellings that the API takes."""
    spelt = {re.sub("[A-Z]", lambda c: f"_{c[0].lower()}", k): v for k, v in predicate.items()}
    return {**spelt, "operation": _NUMBERS.get(spelt["operation"], spelt["operation"])}


_NUMBERS = {1: "EQUALS", 2: "NOT_EQUALS", 5: "GREATER_THAN_EQUALS", 8: "IN", 9: "IS_SUBSTRING"}


def _fits(item: Any, predicate: Mapping[str, Any], fields: Mapping[str, str]) -> bool:
    value: Any = item
    for part in fields[predicate["key"]].split("."):
        value = getattr(value, part, None)
    if "timestamp_value" in predicate:
        wanted: Any = datetime.fromisoformat(predicate["timestamp_value"])
    elif "string_values" in predicate:
        wanted = predicate["string_values"]["values"]
    else:
        wanted = predicate["string_value"]
    if predicate["operation"] not in _OPERATIONS:
        raise ApiError(INVALID, f"Invalid input error: no such operation: {predicate}")
    return bool(_OPERATIONS[predicate["operation"]](value, wanted))


_OPERATIONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "EQUALS": operator.eq,
    "NOT_EQUALS": operator.ne,
    "IN": lambda value, wanted: value in wanted,
    "IS_SUBSTRING": lambda value, wanted: wanted in (value or ""),
    "GREATER_THAN_EQUALS": operator.ge,
}
