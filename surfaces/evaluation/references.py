"""What the references in a call's arguments stand for in a world, at the moment of the call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agents.tools.references import find_run, parse_state
from agents.tools.times import parse_since
from core.errors import AssistantError
from core.runs import RunBackend
from models.registry import Registry
from recommender.profile import read_profile

Arguments = Mapping[str, object]

PROFILE = (
    "data_structure",
    "data_types",
    "task",
    "framework",
    "team_size",
    "deployment",
    "cloud",
    "kubernetes",
    "budget",
    "governance",
    "existing_tools",
)


@dataclass(frozen=True, slots=True)
class References:
    """Resolves references, so that two ways to name one thing compare equal.

    What names nothing stays as it is: two calls with the same wrong name are still the same.
    """

    runs: RunBackend
    registry: Registry

    def resolved(self, tool: str, arguments: Arguments, *, versioned: bool) -> dict[str, object]:
        """Return a call's arguments with every reference replaced by what it stands for.

        Args:
            tool: The tool that is called.
            arguments: Its arguments.
            versioned: Whether a model is compared together with its version, be it in its name
                or in an argument of its own.
        """
        found = dict(arguments)
        for name, resolve in self._resolvers().items():
            if found.get(name) not in (None, "", [], "any"):
                found[name] = resolve(found[name])
        if tool == "recommend_toolchain":
            found |= {name: _profiled(name, found[name]) for name in PROFILE if found.get(name)}
        return _joined(self._with_version(found, versioned=versioned))

    def _resolvers(self) -> Mapping[str, Callable[[object], object]]:
        return {
            "run": self._run,
            "runs": lambda runs: (
                [self._run(run) for run in runs] if isinstance(runs, list | tuple) else runs
            ),
            "state": lambda word: _or_same(lambda: parse_state(str(word)), word),
            "since": lambda words: _or_same(lambda: parse_since(str(words)), words),
            "kind": _plain,
            "task": _plain,
        }

    def _run(self, reference: object) -> object:
        return _or_same(lambda: find_run(self.runs, str(reference)).id, reference)

    def _with_version(self, found: dict[str, object], *, versioned: bool) -> dict[str, object]:
        """Write a model with its version as one, `delay:2`; without a version: the champion."""
        if "model" not in found or found["model"] == "any" or found.get("version") == "any":
            return found
        name = str(found["model"] or "delay")
        version = str(found.get("version") or "") if versioned else ""
        known = _or_same(lambda: self._version(name, version), None)
        if known is None:
            return found
        return {**found, "model": known, **({"version": ""} if "version" in found else {})}

    def _version(self, name: str, version: str) -> str:
        found = self.registry.find(name, version)
        return f"{found.model}:{found.version}"


def carries_version(model: object) -> bool:
    """Return whether a model's name has a version in it: `delay@challenger`, `delay:3`."""
    return isinstance(model, str) and bool({"@", ":"} & set(model))


def _joined(found: dict[str, object]) -> dict[str, object]:
    """Split `bucket/folder` where a bucket was asked for, as the tools do."""
    name, slash, rest = str(found.get("bucket", "")).partition("/")
    below = "key" if "key" in found else "prefix"
    if not slash or below not in found:
        return found
    return {**found, "bucket": name, below: f"{rest}/{found[below]}".strip("/")}


def _profiled(name: str, value: object) -> object:
    """Return a fact of a project by its common name: `sklearn`, `SageMaker`, a team of 4."""
    if value == "any" or (isinstance(value, list) and "any" in value):
        return value
    given = list(value) if isinstance(value, list | tuple) else value
    if name in {"data_types", "existing_tools"} and isinstance(given, str):
        given = [given]
    if isinstance(given, int | float):
        given = str(given)
    # The names of the arguments are those of the profile's reader, by contract.
    reader: Callable[..., object] = read_profile
    return _or_same(lambda: getattr(reader(**{name: given}), name), value)


def _plain(value: object) -> object:
    return str(value).casefold().replace("_", "-").replace(" ", "-")


def _or_same(resolve: Callable[[], object], otherwise: object) -> object:
    try:
        return resolve()
    except AssistantError:
        return otherwise
