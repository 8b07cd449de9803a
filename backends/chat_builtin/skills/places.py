"""Which stored object a request means: by its key, by a word of it, by the run that made it."""

import re
from collections.abc import Sequence

from rapidfuzz import fuzz

from backends.chat_builtin.references import bucket_in, model_in, run_in
from backends.chat_builtin.skills.base import Missing, which
from core.focus import Focus
from core.world import World

Place = tuple[str, str]

ENDINGS = "csv|tsv|parquet|jsonl?|ndjson|xlsx?|md|txt|html?|png|ya?ml|skops|py|ipynb|pdf|zip"
LIKE = 85
"""How alike a word and a part of a key must be, of 100."""

FILE = re.compile(rf"(?:~?/|\./|\.\./)?[\w./-]*\w\.(?:{ENDINGS})\b", re.I)
IT = re.compile(r"\b(?:it|that|this|its|them|that file|this file|the file)\b", re.I)
_STOPWORDS = frozenset(
    "the file files object table data csv please copy delete remove into from bucket with and for"
    " tag tags set mark label share link download upload of my our old new one version".split()
)


def places_in(text: str, world: World, focus: Focus) -> Sequence[Place]:
    """Return the objects that a text may mean: one where it is clear, several where it is not."""
    lowered = text.casefold()
    every = [(bucket, key) for bucket in world.buckets() for key in world.keys(bucket)]
    whole = [place for place in every if "/".join(place).casefold() in lowered]
    if whole:
        return [max(whole, key=lambda place: len(place[1]))]
    if written := _written_out(text, world):
        return [written]
    named = bucket_in(text, world, Focus())
    near = [place for place in every if place[0] == named] or every
    for among in (near, every):
        if found := _by_name(lowered, among):
            return _narrowed(found, text, world, focus)
    if made := _made(text, world, focus):
        return made
    if FILE.search(text):
        return []
    if focus.key and IT.search(text):
        return [(focus.bucket, focus.key)]
    return _by_words(lowered, near) or _by_words(lowered, every)


def _made(text: str, world: World, focus: Focus) -> Sequence[Place]:
    """Return what is called by the model version or the run that it is of."""
    version = _model_file(text, world)
    return [version] if version else _made_by_run(text, world, focus)


def _written_out(text: str, world: World) -> Place | None:
    """Return a reference that is written out; it is what is meant, also where nothing is there."""
    for bucket in world.buckets():
        place = rf"(?<![\w/-]){re.escape(bucket)}/([\w./-]*\.(?:{ENDINGS}))\b"
        if written := re.search(place, text):
            return bucket, written[1]
    return None


def _by_name(lowered: str, among: Sequence[Place]) -> Sequence[Place]:
    keys = [place for place in among if place[1].casefold() in lowered]
    if keys:
        longest = max(len(key) for _, key in keys)
        return [place for place in keys if len(place[1]) == longest]
    words = set(re.findall(r"[\w.-]+\.\w+", lowered))
    return [place for place in among if place[1].rpartition("/")[2].casefold() in words]


def _narrowed(found: Sequence[Place], text: str, world: World, focus: Focus) -> Sequence[Place]:
    """Tell files of one name apart by the run or the model version that is named as well."""
    if len(found) < 2:
        return found
    run = run_in(text, world, Focus(run=focus.run), "")
    run = next((one.id for one in world.recent_runs() if run in {one.id, one.name}), run)
    by_run = [place for place in found if run and f"/{run}/" in f"/{place[1]}"]
    version = model_in(text, world, Focus())[1]
    by_version = [place for place in found if version and f"/{version}/" in f"/{place[1]}"]
    return by_run or by_version or found


_MADE = {
    "report.html": r"\breports?\b",
    "predictions.csv": r"\bpredict(?:ions?|ed)\b|\bscor(?:es|ed)\b",
    "model.skops": r"\bmodel(?: file)?\b",
    "metrics.json": r"\bmetrics(?: file|\.json)?\b",
    "confusion_matrix.png": r"\bconfusion matrix\b",
    "roc_curve.png": r"\broc\b",
    "feature_importance.png": r"\bimportances?\b",
    "calibration.png": r"\bcalibration\b",
}


def _made_by_run(text: str, world: World, focus: Focus) -> Sequence[Place]:
    """Return the file of a run that is called by what it is: "the html report of that run"."""
    run = run_in(text, world, Focus(run=focus.run), "")
    found = next((one for one in world.recent_runs() if run in {one.id, one.name}), None)
    if found is None or "artifacts" not in world.buckets():
        return []
    ending = next((file for file, said in _MADE.items() if re.search(said, text, re.I)), "")
    keys = [key for key in world.keys("artifacts") if f"/{found.id}/" in f"/{key}"]
    return [("artifacts", key) for key in keys if ending and key.endswith(ending)]


def _model_file(text: str, world: World) -> Place | None:
    """Return the file of a model version that is named: "version 2 of the delay model"."""
    model, version = model_in(text, world, Focus())
    if not model or not version.isdecimal() or "models" not in world.buckets():
        return None
    key = f"{model}/{version}/model.skops"
    return ("models", key) if key in world.keys("models") else None


def _by_words(lowered: str, among: Sequence[Place]) -> Sequence[Place]:
    """Return the objects whose names share the most words with a text: "the old export"."""
    words = [word for word in re.findall(r"[a-z]{3,}|\d{4}", lowered) if word not in _STOPWORDS]
    fits = {
        place: sum(any(fuzz.ratio(w, part) >= LIKE for part in _parts(place[1])) for w in words)
        for place in among
    }
    most = max(fits.values(), default=0)
    return [place for place, count in fits.items() if most and count == most]


def _parts(key: str) -> Sequence[str]:
    return re.findall(r"[a-z]{3,}|\d{4}", key.casefold())


_FOLLOWS = re.compile(r"\W*(?:and|now|then|also|ok|please|thanks|one|\d+)\b", re.I)
"""How a message goes on with what was spoken of."""


def one_object(text: str, world: World, focus: Focus) -> Place | Missing:
    """Return the object that a text names, or what to ask."""
    found = places_in(text, world, focus)
    if len(found) == 1:
        return found[0]
    if found:
        return which("object", ["/".join(place) for place in found])
    if named := FILE.search(text):
        # The tool says that there is none, with the closest names.
        bucket = bucket_in(text, world, Focus()) or focus.bucket or "datasets"
        return bucket, named[0].removeprefix(f"{bucket}/")
    if focus.key and not re.search(r"\b\d{4}\b", text) and _FOLLOWS.match(text):
        return focus.bucket, focus.key
    where = bucket_in(text, world, Focus())
    names = [f"{where}/{key}" for key in world.keys(where)] if where in world.buckets() else []
    return which("object", names)
