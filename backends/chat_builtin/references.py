"""Which runs, pipelines, objects and models a request speaks of."""

import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from core.focus import Focus
from core.runs import PipelineSpec, RunState
from core.world import World

_LATEST = re.compile(
    r"\b(?:latest|last|newest|most recent|current|recent)\s+"
    r"(?!\d|lines?\b|rows?\b|few\b|model\b|version\b|week\b|month\b|day\b|hour\b)"
)
_ID = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{6,32}\b")
_STATES = {
    "failed": "failed",
    "failing": "failed",
    "broken": "failed",
    "fail": "failed",
    "crashed": "failed",
    "succeeded": "succeeded",
    "successful": "succeeded",
    "running": "running",
    "current": "running",
    "canceled": "canceled",
    "cancelled": "canceled",
    "stopped": "canceled",
}
_STOPWORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "in",
        "on",
        "for",
        "to",
        "and",
        "me",
        "my",
        "show",
        "run",
        "start",
        "pipeline",
        "pipelines",
        "please",
        "one",
        "models",
        "model",
        "that",
        "this",
        "it",
        "with",
        "what",
        "does",
        "do",
        "is",
        "are",
        "which",
        "data",
        "run's",
        "train",
        "training",
    ]
)


def names_of(world: World) -> Mapping[str, str]:
    """Return the kinds of all names that exist, by name."""
    return {
        **{run.name: "run" for run in world.recent_runs()},
        **{bucket: "bucket" for bucket in world.buckets() if bucket != "models"},
        **{pipeline.name: "pipeline" for pipeline in world.pipelines()},
    }


def run_in(text: str, world: World, focus: Focus, default: str = "latest") -> str:
    """Return the run that the text names: an id, a name, `latest …`, or the one spoken of."""
    lowered = text.casefold()
    if found := _named_run(lowered, world):
        return found
    if latest := _latest_run(lowered, world):
        return latest
    unknown = re.search(r"\brun ((?=[\w-]*[\d-])[a-z][\w-]+)", lowered)
    if unknown and unknown[1] not in {pipeline.name for pipeline in world.pipelines()}:
        return unknown[1]
    return focus.run or default


def _named_run(lowered: str, world: World) -> str:
    runs = world.recent_runs()
    for run in sorted(runs, key=lambda run: -len(run.name)):
        if re.search(rf"(?<![\w-]){re.escape(run.name.casefold())}(?![\w-])", lowered):
            return run.name
    for found in _ID.finditer(lowered):
        fitting = [run.id for run in runs if run.id.startswith(found[0])]
        return fitting[0] if len(fitting) == 1 else found[0]
    pipelines = {pipeline.name for pipeline in world.pipelines()}
    for run in runs:
        plain = run.name.casefold().replace("-", " ").replace("_", " ")
        made_up = any(run.name.startswith(name) for name in pipelines)
        if not made_up and len(plain) > 4 and fuzz.partial_ratio(plain, lowered) >= 90:
            return run.name
    return ""


def _latest_run(lowered: str, world: World) -> str:
    found = _LATEST.search(f"{lowered} ")
    states = [_STATES[word] for word in re.findall(r"\w+", lowered) if word in _STATES]
    named = [pipeline.name for pipeline in world.pipelines() if pipeline.name in lowered]
    if found is None:
        of_state = re.search(r"\bthe (\w+) (?:run|one)\b", lowered)
        if of_state and of_state[1] in _STATES:
            return f"latest {_STATES[of_state[1]]}"
        return ""
    current = lowered[found.start() :].startswith("current")
    if current and not any(run.state is RunState.RUNNING for run in world.recent_runs()):
        states = []
    return " ".join(["latest", *states[:1], *named[:1]])


def running_runs(world: World) -> Sequence[str]:
    """Return the names of the runs that have not ended."""
    return [run.name for run in world.recent_runs() if not run.state.ended]


def pipeline_in(text: str, world: World, focus: Focus) -> str:
    """Return the pipeline that the text names, or means; empty when that is not clear."""
    lowered = text.casefold()
    every = world.pipelines()
    for pipeline in every:
        if re.search(rf"(?<![\w-]){re.escape(pipeline.name)}(?![\w-]*-\d)", lowered):
            return pipeline.name
    if name := unknown_pipeline(text):
        near = [p.name for p in every if fuzz.ratio(p.name, name) >= 90]
        return near[0] if near else name
    scored = sorted((_likeness(lowered, pipeline), pipeline.name) for pipeline in every)
    if scored and scored[-1][0] > 0 and (len(scored) == 1 or scored[-1][0] > scored[-2][0]):
        return scored[-1][1]
    if focus.pipeline in {pipeline.name for pipeline in every}:
        return focus.pipeline
    return every[0].name if len(every) == 1 else ""


_ODD = re.compile(
    r"\b(?:run|start|describe|pipeline|explain|launch|about|train)\s+(?:the\s+|a\s+)?(?:pipeline\s+)?"
    r"(?P<after>[a-z]+(?:[-_][a-z]+)+)\b|\b(?P<before>[a-z]+(?:[-_][a-z]+)*)\s+pipeline\b"
)
_NO_NAMES = frozenset("the a this that which what delay my training default any each one".split())


def unknown_pipeline(text: str) -> str:
    """Return what is written like a pipeline's name; passed on, so that the error can teach."""
    found = _ODD.search(text.casefold())
    name = (found["after"] or found["before"]) if found else ""
    return "" if name in _NO_NAMES else name


def _likeness(lowered: str, pipeline: PipelineSpec) -> float:
    words = {word for word in re.findall(r"[a-z]+", lowered) if word not in _STOPWORDS}
    named = set(re.findall(r"[a-z]+", pipeline.name.casefold()))
    told = set(re.findall(r"[a-z]+", pipeline.description.casefold())) - _STOPWORDS
    return 2.0 * len(words & named) + 0.5 * len(words & told)


def bucket_in(text: str, world: World, focus: Focus) -> str:
    """Return the bucket that the text names; empty when it names none."""
    lowered = text.casefold()
    every = world.buckets()
    for bucket in every:
        if re.search(rf"(?<![\w-]){re.escape(bucket)}(?![\w-])", lowered):
            return bucket
    if named := _bucket_called(lowered):
        return named
    for bucket in every:
        singular = bucket.rstrip("s")
        if len(singular) > 3 and re.search(rf"\b{re.escape(singular)}s?\b", lowered):
            return bucket
    if re.search(r"\bdata\s?sets?\b|\bdata\b|\btables?\b", lowered) and "datasets" in every:
        return "datasets"
    return focus.bucket


_NO_BUCKET = frozenset("the that this which a my each every what".split())


def _bucket_called(lowered: str) -> str:
    """Return a name that is written like a bucket's, also when there is no such bucket."""
    found = re.search(r"\bbucket (?:called |named )['\"`]?([a-z0-9][\w.-]+)", lowered) or re.search(
        r"['\"`]?([a-z0-9][\w.-]+)['\"`]? bucket\b", lowered
    )
    return found[1] if found and found[1] not in _NO_BUCKET else ""


def object_in(text: str, world: World, focus: Focus) -> tuple[str, str]:
    """Return the bucket and key that the text names; empty strings when it names none."""
    lowered = text.casefold()
    for bucket in world.buckets():
        if found := re.search(rf"(?<![\w/-]){re.escape(bucket)}/([\w./ \[\]-]*[\w\]])", lowered):
            return bucket, _exact_key(found[1], world.keys(bucket))
    preferred = bucket_in(text, world, Focus())
    order = sorted(world.buckets(), key=lambda name: (name != preferred, name != "datasets"))
    for bucket in order:
        for key in sorted(world.keys(bucket), key=len, reverse=True):
            if key.casefold() in lowered or key.rpartition("/")[2].casefold() in lowered.split():
                return bucket, key
    if named := re.search(r"[\w./-]*\w\.(?:csv|tsv|parquet|jsonl?|md|txt|html|png|ya?ml)\b", text):
        return preferred or focus.bucket or "datasets", named[0]
    if focus.key and re.search(r"\b(?:it|that|this|its|them|rows|columns)\b", lowered):
        return focus.bucket, focus.key
    return _likely_key(lowered, world, order[:2])


def _exact_key(named: str, keys: Sequence[str]) -> str:
    same = [key for key in keys if key.casefold() == named]
    begun = [key for key in keys if named.startswith(key.casefold())]
    return (same or begun or [named.split()[0]])[0]


def _likely_key(lowered: str, world: World, buckets: Sequence[str]) -> tuple[str, str]:
    words = {word for word in re.findall(r"[a-z]+", lowered) if len(word) > 2} - _STOPWORDS
    best: tuple[float, str, str] = (0, "", "")
    for bucket in buckets:
        for key in world.keys(bucket):
            parts = set(re.findall(r"[a-z]+", key.casefold())) - {"csv", "parquet", "json"}
            fits = sum(any(fuzz.ratio(word, part) >= 85 for part in parts) for word in words)
            best = max(best, (fits, bucket, key), key=lambda item: item[0])
    if best[0] == 0 and len(keys := [k for k in world.keys("datasets") if k.endswith(".csv")]) == 1:
        return "datasets", keys[0]
    return best[1], best[2]


def model_in(text: str, world: World, focus: Focus) -> tuple[str, str]:
    """Return the model and the version that the text names; empty strings when it names none."""
    lowered = text.casefold()
    every = world.models()
    joined = re.search(r"(?<![\w-])([a-z][\w-]*)(@(?:champion|challenger|latest)|:\d+)", lowered)
    if joined:
        return f"{joined[1]}{joined[2]}", ""
    version = _version_in(lowered)
    for name in every:
        if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", lowered):
            return name, version
    if named := re.search(
        r"\bmodel (?:called |named )?['\"`]?([a-z][\w]*-[\w-]+|[a-z]{4,}\d+)", lowered
    ):
        return named[1], version
    if focus.model and not version:
        return focus.model, ""
    base = focus.model.partition(":")[0] or (every[0] if len(every) == 1 else "")
    return base, version


def _version_in(lowered: str) -> str:
    if alias := re.search(r"\b(champion|challenger)\b", lowered):
        return alias[1]
    if number := re.search(r"\b(?:version|v)\s*(\d+)\b", lowered):
        return number[1]
    return "latest" if re.search(r"\b(?:latest|newest) (?:model|version)\b", lowered) else ""
