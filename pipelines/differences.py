"""What is not the same in several runs: parameters, data, the pipeline's version."""

import json
from collections.abc import Mapping, Sequence

from core.comparison import Difference
from core.pipelines import ParameterValue
from core.runs import Artifact, Run

HASH_CHARACTERS = 12
ABSENT = "-"
UNKNOWN = "unknown"
"""What is said of data whose content nobody has identified: it may be the same or not."""
LONGEST = 60


def differences(
    runs: Sequence[Run], artifacts: Mapping[str, Sequence[Artifact]]
) -> Sequence[Difference]:
    """Return what differs between runs.

    Args:
        runs: Two or more.
        artifacts: What each run read and made, by run id.
    """
    return [
        *_of("version", {run.id: _versions(run) for run in runs}),
        *_of("parameter", {run.id: _parameters(run) for run in runs}),
        *_of("data", {run.id: data_versions(artifacts.get(run.id, ())) for run in runs}),
    ]


def data_versions(artifacts: Sequence[Artifact]) -> Mapping[str, str]:
    """Return what the content of each object that a run read is known by, by its place.

    That is the beginning of its hash; of its etag where the store has no hash, which changes with
    the content too; or `unknown`.
    """
    return {
        f"{one.bucket}/{one.key}": (one.content_hash or str(one.metadata.get("etag") or UNKNOWN))[
            :HASH_CHARACTERS
        ]
        for one in artifacts
        if one.is_input
    }


def in_words(value: ParameterValue) -> str:
    """Return a parameter's value as it is told: short, and never in several lines."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _versions(run: Run) -> Mapping[str, str]:
    return {"pipeline": run.pipeline, "pipeline version": run.pipeline_version}


def _parameters(run: Run) -> Mapping[str, str]:
    return {name: in_words(value) for name, value in run.parameters.items()}


def _of(kind: str, told: Mapping[str, Mapping[str, str]]) -> Sequence[Difference]:
    names = dict.fromkeys(name for values in told.values() for name in values)
    every = {name: {run: told[run].get(name, ABSENT) for run in told} for name in names}
    if kind == "data":
        # A run that read another object has that as a parameter already; what counts here is the
        # same object with another content.
        every = {
            name: values
            for name, values in every.items()
            if sum(value != ABSENT for value in values.values()) > 1
        }
    return [
        Difference(kind=kind, name=name, values=values)
        for name, values in every.items()
        # Two that are unknown cannot be told to be the same.
        if len(set(values.values())) > 1 or UNKNOWN in values.values()
    ]
