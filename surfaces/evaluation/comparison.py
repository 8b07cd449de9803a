"""Whether the arguments of a call are the ones that a case expects."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from surfaces.evaluation.cron import firings

ANY = "any"
PATHS = frozenset({"path", "project", "folder"})
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
_COMMON = {
    "sklearn": "scikit-learn",
    "scikit": "scikit-learn",
    "torch": "pytorch",
    "tf": "tensorflow",
    "tensor flow": "tensorflow",
    "huggingface": "transformers",
    "hugging face": "transformers",
    "k8s": "kubernetes",
    "xgb": "xgboost",
    "sagemaker": "amazon sagemaker",
    "vertex": "vertex ai",
    "azureml": "azure ml",
    "azure machine learning": "azure ml",
    "kfp": "kubeflow pipelines",
}


def matches(expected: Mapping[str, object], actual: Mapping[str, object]) -> bool:
    """Return whether every expected argument is there with the same value."""
    return all(
        name in actual and same(value, actual[name], name) for name, value in expected.items()
    )


def same(expected: object, actual: object, name: str = "") -> bool:
    """Return whether two values of an argument mean the same.

    Maps match when they contain what is expected, lists compare as sets, `any` is anything that
    is there.
    """
    if expected == ANY:
        return actual not in (None, "", [], {}, ())
    if isinstance(expected, Mapping):
        return isinstance(actual, Mapping) and matches(expected, actual)
    if isinstance(expected, list | tuple):
        return _same_set(expected, _listed(actual), name)
    if isinstance(actual, list | tuple):
        return _same_set([expected], actual, name)
    return _same_value(expected, actual, name)


def _listed(value: object) -> Sequence[object]:
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, str):
        return [part.strip() for part in value.strip("[]").split(",") if part.strip()]
    return [] if value is None else [value]


def _same_set(expected: Sequence[object], actual: Sequence[object], name: str) -> bool:
    """Compare as sets: whatever is in one is in the other; an `any` covers what is left."""
    wanted = [item for item in expected if item != ANY]
    found = [any(same(item, other, name) for other in actual) for item in wanted]
    left = [item for item in actual if not any(same(other, item, name) for other in wanted)]
    return all(found) and (bool(left) if len(wanted) < len(expected) else not left)


def _same_value(expected: object, actual: object, name: str) -> bool:
    one, other = _plain(expected, name), _plain(actual, name)
    if one == other:
        return True
    if name == "cron":
        return firings(one) == firings(other) is not None
    numbers = _number(one), _number(other)
    if None not in numbers:
        return numbers[0] == numbers[1]
    instants = _instant(expected), _instant(actual)
    return None not in instants and instants[0] == instants[1]


def _plain(value: object, name: str) -> str:
    if isinstance(value, bool):
        return str(value).casefold()
    if isinstance(value, datetime):
        return value.isoformat()
    text = str("" if value is None else value).strip().casefold()
    if name in PATHS:
        return text.removeprefix("./").rstrip("/")
    if name == "prefix":
        return text.rstrip("/")
    if name in {"framework", "existing_tools", "task", "platforms", "platform"}:
        return _COMMON.get(text, text)
    return text


def _number(text: str) -> float | None:
    plain = text.replace(",", "").replace("_", "")
    return float(plain) if _NUMBER.fullmatch(plain) else None


def _instant(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        instant = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
