"""Which runs, pipelines, objects and models a request speaks of."""

import re
from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from core.focus import Focus
from core.pipelines import PipelineSpec
from core.runs import RunState
from core.world import World

_LATEST = re.compile(
    r"\b(?:latest|last|newest|most recent|current|recent)\s+"
    r"(?!\d|lines?\b|rows?\b|few\b|model\b|version\b|week\b|month\b|day\b|hour\b)"
)
_ID = re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{6,32}\b")
_STATES = {
    "failed": "failed",
    "failing": "failed",
    "failure": "failed",
    "failures": "failed",
    "broken": "failed",
    "broke": "failed",
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
    "the a an of in on for to and me my show run start pipeline pipelines please one that this it"
    " with what does do is are which data run's parameters parameter settings setting options you"
    " can"
    " explain describe tell about steps step defaults default it's again new now just want need"
    " have"
    " like would could give see know use used using".split()
)
_NAME = re.compile(r"(?<![\w./@-])[a-z]\w*(?:-\w+)+(?![\w/-]|\.\w)")
"""Something written like a name: words joined by hyphens."""
ALIKE = 84
"""Similarity (0 to 100) from which a name with other letters is taken for a misspelling."""


def names_of(world: World) -> Mapping[str, str]:
    """Return the kinds of all names that exist, by name."""
    return {
        **{run.name: "run" for run in world.recent_runs()},
        **{bucket: "bucket" for bucket in world.buckets() if bucket != "models"},
        **{pipeline.name: "pipeline" for pipeline in world.pipelines()},
    }


def run_in(text: str, world: World, focus: Focus, default: str = "latest") -> str:
    """Return the run that the text names: an id, a name, `latest …`, or the one spoken of.

    A name that exists nowhere is returned as it is written, so that the tool's error can teach;
    it is never exchanged for one that only looks like it.
    """
    lowered = text.casefold()
    if found := _named_run(lowered, world):
        return found
    if latest := _latest_run(lowered, world):
        return latest
    return _family(lowered, world) or focus.run or default


def _named_run(lowered: str, world: World) -> str:
    runs = world.recent_runs()
    for run in sorted(runs, key=lambda run: -len(run.name)):
        if re.search(rf"(?<![\w-]){re.escape(run.name.casefold())}(?![\w-])", lowered):
            return run.name
    for found in _ID.finditer(lowered):
        fitting = [run.id for run in runs if run.id.startswith(found[0])]
        return fitting[0] if len(fitting) == 1 else found[0]
    if written := _written_like_a_run(lowered, world):
        return written
    for run in runs:
        spoken = re.escape(run.name.casefold()).replace(r"\-", "[ -]?").replace("_", "[ _]?")
        if re.search(rf"(?<![\w-]){spoken}(?![\w-])", lowered):
            return run.name
    return ""


def _written_like_a_run(lowered: str, world: World) -> str:
    """Return a name that is written like a run's: the run it misspells, or as it stands."""
    known = {name.casefold() for name in names_of(world)} - {r.name for r in world.recent_runs()}
    after_run = {found[1] for found in re.finditer(r"\brun (?:called |named )?([\w-]+)", lowered)}
    for found in _NAME.finditer(lowered):
        name = found[0]
        if name in known:
            continue
        near = max(
            world.recent_runs(), key=lambda run: fuzz.ratio(run.name.casefold(), name), default=None
        )
        alike = fuzz.ratio(near.name.casefold(), name) if near else 0
        if near and alike >= ALIKE and _same_digits(near.name, name):
            return near.name
        if alike >= ALIKE - 14 or name in after_run:
            return name
    return ""


def _same_digits(one: str, other: str) -> bool:
    """Tell whether names agree in their numbers: 0513 for 0531 is no misspelling."""
    return re.findall(r"\d", one) == re.findall(r"\d", other) and one.count("-") == other.count("-")


def _family(lowered: str, world: World) -> str:
    """Return the newest run whose name begins with a word of the text: "the nightly"."""
    made_up = {pipeline.name.partition("-")[0] for pipeline in world.pipelines()}
    words = set(re.findall(r"[a-z]{5,}", lowered)) - made_up
    for run in world.recent_runs():
        if run.name.casefold().partition("-")[0] in words:
            return run.name
    return ""


def _latest_run(lowered: str, world: World) -> str:
    found = _LATEST.search(f"{lowered} ")
    states = [_STATES[word] for word in re.findall(r"\w+", lowered) if word in _STATES]
    named = [pipeline.name for pipeline in world.pipelines() if pipeline.name in lowered]
    if found is None:
        of_state = re.search(r"\bthe (\w+) (?:run|one)\b", lowered) or re.search(
            r"\b(?:one|run) (?:that|which) (?:has |was |just |is )?(\w+)", lowered
        )
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
        if re.search(rf"(?<![\w-]){re.escape(pipeline.name)}(?![\w-])", lowered):
            return pipeline.name
    if name := unknown_pipeline(text):
        near = [p.name for p in every if _misspells(name, p.name) or name in p.name.split("-")]
        return near[0] if len(near) == 1 else name
    scored = sorted((_likeness(lowered, pipeline), pipeline.name) for pipeline in every)
    # "The delay one, with 2 folds": of several that fit, only one may have such a parameter.
    alike = {name for score, name in scored if score >= 2}
    fitting = [p.name for p in every if p.name in alike and _takes(p, lowered)]
    if len(fitting) == 1:
        return fitting[0]
    if scored and scored[-1][0] > 0 and (len(scored) == 1 or scored[-1][0] > scored[-2][0]):
        return scored[-1][1]
    if focus.pipeline in {pipeline.name for pipeline in every}:
        return focus.pipeline
    return every[0].name if len(every) == 1 else ""


_ODD = re.compile(
    r"\b(?:run|start|describe|pipeline|explain|launch|about|train)\s+(?:the\s+"
    r"|a\s+)?(?:pipeline\s+)?"
    r"(?P<after>[a-z]+(?:[-_][a-z0-9]+)+)\b|\b(?P<before>[a-z]+(?:[-_][a-z]+)*)\s+pipeline\b"
)
_NO_NAMES = frozenset("the a this that which what delay my training default any each one".split())


def unknown_pipeline(text: str) -> str:
    """Return what is written like a pipeline's name; passed on, so that the error can teach."""
    found = _ODD.search(text.casefold())
    name = (found["after"] or found["before"]) if found else ""
    return "" if name in _NO_NAMES else name


def _misspells(name: str, known: str) -> bool:
    return fuzz.ratio(known, name) >= ALIKE and _same_digits(known, name)


def _likeness(lowered: str, pipeline: PipelineSpec) -> float:
    """Score the words that a request shares with a pipeline's name and description."""
    words = {_stem(word) for word in re.findall(r"[a-z]+", lowered) if word not in _STOPWORDS}
    named = {_stem(word) for word in re.findall(r"[a-z]+", pipeline.name.casefold())}
    told = re.findall(r"[a-z]+", pipeline.description.casefold())
    described = {_stem(word) for word in told if word not in _STOPWORDS and len(word) > 3}
    # What a pipeline does stands first: "Trains …" is what trains, not what reads training data.
    does = set(map(_stem, told[:1]))
    return 2.0 * len(words & named) + 0.5 * len(words & described) + len(words & does)


def _takes(pipeline: PipelineSpec, lowered: str) -> bool:
    """Tell whether a text names a parameter of a pipeline, or one of its choices."""
    words = {
        word.casefold()
        for parameter in pipeline.parameters
        for word in (parameter.name, *parameter.choices)
    } - {"data", "model", "version"}
    return any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", lowered) for word in words)


def _stem(word: str) -> str:
    return re.sub(r"(?:ing|es|ed|s)$", "", re.sub(r"^re(?=train|run|score)", "", word))


def bucket_in(text: str, world: World, focus: Focus) -> str:
    """Return the bucket that the text names; empty when it names none."""
    lowered = text.casefold()
    every = world.buckets()
    for bucket in every:
        if re.search(rf"(?<![\w-]){re.escape(bucket)}(?![\w-])", lowered):
            return bucket
    if named := _bucket_called(lowered) or _likely_bucket(lowered, every):
        return named
    if re.search(r"\bdata\s?sets?\b|\bdata\b|\btables?\b", lowered) and "datasets" in every:
        return "datasets"
    return focus.bucket


def _likely_bucket(lowered: str, every: Sequence[str]) -> str:
    """Return the bucket whose name a word is a form or a misspelling of."""
    for word in re.findall(r"[a-z]{4,}", lowered):
        for bucket in every:
            if word.rstrip("s") == bucket.rstrip("s") or (
                len(word) > 4 and fuzz.ratio(word, bucket) >= ALIKE
            ):
                return bucket
    return ""


_NO_BUCKET = frozenset(
    "the that this which a an my each every what another other new different some any second same"
    " missing right wrong empty whole our your its it one".split()
)


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
    fits = {
        (bucket, key): sum(
            any(fuzz.ratio(word, part) >= 85 for part in _parts(key)) for word in words
        )
        for bucket in buckets
        for key in world.keys(bucket)
    }
    most = max(fits.values(), default=0)
    likely = [place for place, count in fits.items() if count == most]
    if most and len(likely) == 1:
        return likely[0]
    tables = [key for key in world.keys("datasets") if key.endswith(".csv")]
    return ("datasets", tables[0]) if not most and len(tables) == 1 else ("", "")


def _parts(key: str) -> set[str]:
    return set(re.findall(r"[a-z]+", key.casefold())) - {"csv", "parquet", "json"}


def base_of(model: str) -> str:
    """Return a model's name without the version: `delay` of `delay:2` and `delay@champion`."""
    return re.split("[@:]", model)[0]


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
    base = base_of(focus.model) or (every[0] if len(every) == 1 else "")
    return base, version


VERSION = re.compile(
    r"(?<![\w/])(?:v(?:er(?:sion)?)?\.? ?\d+|champion|challenger)(?![\w.]\w)", re.I
)
"""A version of a model as it is written: by its number or its alias."""


def _version_in(lowered: str) -> str:
    if alias := re.search(r"\b(champion|challenger)(?:'?s)?\b", lowered):
        return alias[1]
    if number := re.search(r"\b(?:v(?:er\w*)?)\s*(\d+)\b", lowered):
        return number[1]
    return "latest" if re.search(r"\b(?:latest|newest) (?:model|version)\b", lowered) else ""
