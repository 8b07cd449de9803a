"""Masking of secrets, in one place."""

import base64
import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar
from urllib.parse import quote

from core.errors import RequestError
from core.lineage import SharedLink
from core.objects import TablePreview
from core.visible import visible, writable

MASK = "•••"
SHORTEST = 6
"""Shorter values would be found in the middle of ordinary words."""
LINKS = 20
"""How many links that were handed out are remembered."""
DEEPEST = 100
"""How deep a value may be nested."""

_NAME = (
    r"password|passwd|passphrase|secret|credential|token"
    r"|(?:api|access|account|private|secret|encryption)[_-]?key"
)
_NAMED = re.compile(rf"(?i)(?:{_NAME})s?")
_CREDENTIAL_NAME = re.compile(rf"(?i)(?:.*[_\-. ]|.*(?-i:(?<=[a-z])(?=[A-Z])))?(?:{_NAME})s?")
"""A name of a column, an entry or a variable whose value is a credential."""

# Shapes of credentials that are secret wherever they appear. The words beside each are what its
# texts must hold in lower case: looking for them first is what keeps masking cheap. Where a pattern
# has a group, the group is kept.
_SHAPES: Sequence[tuple[tuple[str, ...], re.Pattern[str]]] = tuple(
    (words, re.compile(pattern, re.S))
    for words, pattern in (
        (
            ("private key",),
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:.*?-----END [A-Z ]*PRIVATE KEY-----|.*)",
        ),
        (("sk-", "sk_", "pk_", "rk_"), r"\b(?:sk[-_]|(?:pk|rk)_(?:live|test)_)[A-Za-z0-9_\-]{16,}"),
        (("gho_", "ghp_", "ghs_", "ghu_", "ghr_"), r"\bgh[opsur]_[A-Za-z0-9]{20,}"),
        (("github_pat_", "glpat-", "pypi-"), r"\b(?:github_pat_|glpat-|pypi-)[A-Za-z0-9_\-]{16,}"),
        (("hf_", "npm_"), r"\b(?:hf|npm)_[A-Za-z0-9]{20,}"),
        (("xox",), r"\bxox[abeoprs]-[A-Za-z0-9\-]{10,}"),
        (("aiza",), r"\bAIza[A-Za-z0-9_\-]{35}"),
        (("akia", "asia"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
        (("eyj",), r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]*"),
        (("://",), r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
        (("://",), r"(?<=://)[^/\s:@]{16,}(?=@)"),
        (
            ("authorization",),
            r"(?i)(authorization\\?[\"']?\s*[=:]\s*\\?[\"']?(?:basic|bearer|token)\s+)[^\s\"',;]{6,}",
        ),
        (("bearer ",), r"(?i)(\bbearer )[A-Za-z0-9._~+/=\-]{16,}"),
        (("-",), rf"(?i)((?<![\w-])--?(?:{_NAME}) )[^\s\"'-][^\s\"']{{5,}}"),
    )
)
_PAIR = re.compile(
    rf"(?i)((?:{_NAME})\\?[\"']?\s*(?:=>|:=|[=:])\s*)"
    r"(?:(?P<quote>\\?[\"'])(?P<quoted>(?:(?!(?P=quote))[^\n]){4,500})(?P=quote)"
    r"|(?P<open>\\?[\"']?)(?P<bare>[^\s\"',;\\]{6,}))"
)
"""`secret = value`, in code, JSON, YAML and logs."""
_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_KEY_ENDS = re.compile(r"-----END [A-Z ]*PRIVATE KEY-----")
_KEY_LINE = re.compile(r"[^A-Za-z0-9]*(?:.*\s)?[A-Za-z0-9+/=]{16,}\s*")

Value = TypeVar("Value")


class Masker:
    """Replaces secrets in text and in values.

    Args:
        secrets: Values that are secret by themselves, such as keys from the settings.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
        longest_first = sorted(known, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if known else None
        self._links: tuple[str, ...] = ()

    def text(self, text: str) -> str:
        """Return the text with every secret replaced, but for links made to be handed on."""
        for link in self._links:
            before, found, after = text.partition(link)
            if found:
                return f"{self.text(before)}{link}{self.text(after)}"
        return self._text(text)

    def _text(self, text: str) -> str:
        text = writable(text)
        shown = visible(text)
        if shown != text:
            # What a terminal swallows must not part a secret that a person would then read whole.
            masked = self._masked(shown)
            if masked != shown:
                return masked
        return self._masked(text)

    def _masked(self, text: str) -> str:
        if len(text) < SHORTEST:
            return text
        if self._known is not None:
            text = self._known.sub(MASK, text)
        lowered = text.lower()
        for words, shape in _SHAPES:
            if any(word in lowered for word in words):
                text = shape.sub(_keep_group if shape.groups else MASK, text)
        # A name without a sign after it gives nothing away.
        if ("=" in lowered or ":" in lowered) and _NAMED.search(lowered):
            text = _PAIR.sub(_mask_pair, text)
        return text

    def value(self, value: Value) -> Value:
        """Return the value with every string in it masked, at any depth.

        Raises:
            RequestError: The value is nested too deep to be looked through.
        """
        return self._walk(value, DEEPEST)  # type: ignore[return-value]  # the walk keeps the type

    def _walk(self, value: object, depth: int) -> object:
        if depth == 0:
            raise RequestError(f"A value is nested more than {DEEPEST} levels deep.")
        if isinstance(value, str):
            masked = self.text(value)
            return value if masked == value else masked
        if isinstance(value, SharedLink):
            # A key's name is part of such a link, and without it nobody can open it.
            self._links = (*self._links[1 - LINKS :], value.url)
            return value
        if isinstance(value, Mapping):
            return {
                self._walk(key, depth - 1): MASK
                if is_credential(key, item)
                else self._walk(item, depth - 1)
                for key, item in value.items()
            }
        if isinstance(value, list | tuple | set | frozenset):
            return type(value)(self._walk(item, depth - 1) for item in _without_keys(value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            if isinstance(value, TablePreview):
                value = _without_credentials(value)
            return self._walk_fields(value, depth)
        return value

    def _walk_fields(self, value: object, depth: int) -> object:
        changes = {}
        for field in dataclasses.fields(value):  # type: ignore[arg-type]  # the caller has checked it
            held = getattr(value, field.name)
            masked = self._walk(held, depth - 1)
            if field.init and masked is not held and masked != held:
                changes[field.name] = masked
        # Most values hold no secret: only what changes is built anew.
        return dataclasses.replace(value, **changes) if changes else value  # type: ignore[type-var]  # as above


def is_credential(name: object, value: object) -> bool:
    """Return whether a name says that its value is a credential."""
    return (
        isinstance(name, str)
        and isinstance(value, str)
        and len(value) >= SHORTEST
        and _CREDENTIAL_NAME.fullmatch(name) is not None
    )


def _forms(secret: str) -> Iterable[str]:
    """Return a secret as it is written in URLs, in JSON and in Base64 too."""
    yield secret
    yield quote(secret, safe="")
    yield secret.replace("\\", "\\\\").replace('"', '\\"')
    yield base64.b64encode(secret.encode("utf-8", "replace")).decode().rstrip("=")


def _keep_group(match: re.Match[str]) -> str:
    return f"{match[1]}{MASK}"


def _mask_pair(match: re.Match[str]) -> str:
    if match["quoted"] is not None:
        return f"{match[1]}{match['quote']}{MASK}{match['quote']}"
    # "token: classification" is prose; a token is long or has a figure in it.
    bare = match["bare"]
    if match[1].lower().startswith("token") and len(bare) < 16 and bare.isalpha():
        return match[0]
    return f"{match[1]}{match['open']}{MASK}"


def _without_keys(items: Iterable[object]) -> Iterable[object]:
    """Mask private keys that go over several lines, each of them an item."""
    lines = list(items)
    if not any(isinstance(line, str) and "PRIVATE KEY-----" in line for line in lines):
        return lines
    inside = False
    for number, line in enumerate(lines):
        if not isinstance(line, str):
            continue
        ends = _KEY_ENDS.search(line)
        if ends and not inside:
            # The key began before the first line that is here.
            for before in range(number - 1, -1, -1):
                earlier = lines[before]
                if not isinstance(earlier, str) or not _KEY_LINE.fullmatch(earlier):
                    break
                lines[before] = MASK
        if inside or ends or _KEY_BEGINS.search(line):
            lines[number] = MASK
        inside = (inside or _KEY_BEGINS.search(line) is not None) and not ends
    return lines


def _without_credentials(table: TablePreview) -> TablePreview:
    """Mask the columns of a table whose names say that they hold credentials."""
    secret = [_CREDENTIAL_NAME.fullmatch(column.name) is not None for column in table.columns]
    if not any(secret):
        return table
    return dataclasses.replace(
        table,
        columns=tuple(
            dataclasses.replace(column, minimum=MASK, maximum=MASK, top=MASK) if hidden else column
            for column, hidden in zip(table.columns, secret, strict=True)
        ),
        rows=tuple(
            tuple(
                MASK if hidden and cell else cell for cell, hidden in zip(row, secret, strict=False)
            )
            for row in table.rows
        ),
    )
