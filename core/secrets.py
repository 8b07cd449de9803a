"""Masking of secrets, in one place."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

MASK = "•••"

# Shapes of credentials that are secret wherever they appear: provider keys, AWS access key ids,
# bearer tokens, JSON web tokens, private key blocks, passwords in URLs and `secret = value` pairs.
_PATTERNS = (
    re.compile(r"\b(?:sk|pk|rk|ghp|gho|ghs|github_pat|hf|xox[abp])[-_][A-Za-z0-9_\-]{16,}"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"(?i)(?<=bearer )[A-Za-z0-9._\-]{16,}"),
    re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.S),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(
        r"(?i)(?<![A-Za-z])((?:[a-z]+[_-])?(?:password|passwd|secret|api[_-]?key|access[_-]?key|token)"
        r"[\"']?\s*[=:]\s*[\"']?)([^\s\"',;]{6,})"
    ),
)

Value = TypeVar("Value")


class Masker:
    """Replaces secrets in text and in values.

    Args:
        secrets: Values that are secret by themselves, such as keys from the settings.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted({secret for secret in secrets if len(secret) >= 6}, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def text(self, text: str) -> str:
        """Return the text with every secret replaced."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern in _PATTERNS:
            text = pattern.sub(lambda match: f"{match[1]}{MASK}" if match.re.groups else MASK, text)
        return text

    def value(self, value: Value) -> Value:
        """Return the value with every string in it masked, at any depth."""
        return self._walk(value)  # type: ignore[return-value]  # the walk keeps the type

    def _walk(self, value: object) -> object:
        if isinstance(value, str):
            masked = self.text(value)
            return type(value)(masked) if masked == value else masked
        if isinstance(value, Mapping):
            return {key: self._walk(item) for key, item in value.items()}
        if isinstance(value, list | tuple | frozenset):
            return type(value)(self._walk(item) for item in value)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            changes = {
                field.name: self._walk(getattr(value, field.name))
                for field in dataclasses.fields(value)
                if field.init
            }
            return dataclasses.replace(value, **changes)
        return value
