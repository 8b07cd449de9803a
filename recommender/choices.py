"""What people here really took: kept on this machine, listed, removable, learned from."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import numpy as np
from filelock import FileLock
from pydantic import TypeAdapter, ValidationError

from core import clock
from core.errors import RequestError, UnavailableError, not_found
from core.toolchains import ProjectProfile, RecordedChoice, Retrained
from recommender.catalogue import NOTHING, PLATFORM, Tool, catalogue, find_tools
from recommender.examples import class_of, digest, read_examples
from recommender.features import encode, facts_of
from recommender.forest import Forest, Learned, load_forest, read_forest

TIMES = 12
"""How many training projects one recorded choice counts for: it is about this very team."""
TREES = 120
_RECORD: TypeAdapter[RecordedChoice] = TypeAdapter(RecordedChoice)
_IDS: TypeAdapter[list[str]] = TypeAdapter(list[str])


@dataclass(frozen=True, slots=True)
class Choices:
    """The recorded choices in a folder, and the forest that learned from them.

    Args:
        folder: Where they are kept.
    """

    folder: Path

    def all(self) -> Sequence[RecordedChoice]:
        """Return every recorded choice, oldest first.

        Raises:
            UnavailableError: The file cannot be read.
        """
        learned = set(self._learned())
        return tuple(replace(item, learned=item.id in learned) for item in self._read())

    def record(self, tool: str, slot: str, profile: ProjectProfile) -> RecordedChoice:
        """Keep what was taken.

        Args:
            tool: A tool of the catalogue, by any of its names.
            slot: What for; needed where a tool is for several things.
            profile: The project it was taken for.

        Raises:
            NotFoundError: The catalogue has no such tool.
            RequestError: The tool is not for that slot, or for several and none is named.
            UnavailableError: The file cannot be written.
        """
        taken = tool_for(tool, slot)
        choice = RecordedChoice(
            id=uuid4().hex[:8], tool=taken.name, slot=taken.slot, profile=profile, at=clock.now()
        )
        with self._locked():
            self._write([*self._read(), choice])
        return choice

    def remove(self, choice: str) -> RecordedChoice:
        """Forget a recorded choice; the forest forgets it at the next training.

        Args:
            choice: Its id, or the tool when only one choice names it.

        Raises:
            NotFoundError: There is none.
            RequestError: Several are meant.
        """
        with self._locked():
            kept = self._read()
            wanted = choice.strip().casefold()
            meant = [item for item in kept if wanted in (item.id, item.tool.casefold())]
            if not meant:
                raise not_found(
                    "recorded choice", choice, [f"{item.id} ({item.tool})" for item in kept]
                )
            if len(meant) > 1:
                raise RequestError(
                    f"{len(meant)} recorded choices name {choice!r}.",
                    hint=f"Give the id: {', '.join(item.id for item in meant)}.",
                )
            self._write([item for item in kept if item.id != meant[0].id])
        return meant[0]

    def forest(self) -> Forest:
        """Return the forest that learned from the choices, or the shipped one.

        A forest that was trained on another table than the shipped one is left aside.
        """
        trees, measures = self.folder / "forest.npz", self.folder / "forest.json"
        if not measures.exists():
            return load_forest()
        forest = read_forest(trees, measures)
        return forest if forest.learned.data_digest == digest() else load_forest()

    def retrain(self) -> Retrained:
        """Train the slots that recorded choices are about again, on this machine only.

        Raises:
            RequestError: Nothing is recorded, and nothing was learned before.
            UnavailableError: The forest cannot be written.
        """
        began = time.monotonic()
        choices = self._read()
        if not choices and not self._learned():
            raise RequestError(
                "No choice is recorded to learn from.",
                hint="Say what you took: mlops-swarm recommend --took Prefect.",
            )
        forest = learn(load_forest(), choices)
        self._keep(forest, [choice.id for choice in choices])
        return Retrained(
            choices=len(choices),
            slots=tuple(dict.fromkeys(choice.slot for choice in choices)),
            seconds=round(time.monotonic() - began, 1),
        )

    @property
    def _file(self) -> Path:
        return self.folder / "choices.jsonl"

    def _locked(self) -> FileLock:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnavailableError(
                f"The folder {self.folder} cannot be made: {error.strerror}."
            ) from error
        return FileLock(self.folder / "choices.lock")

    def _read(self) -> list[RecordedChoice]:
        try:
            lines = self._file.read_text("utf-8").splitlines()
            return [_RECORD.validate_json(line) for line in lines if line.strip()]
        except FileNotFoundError:
            return []
        except (OSError, ValidationError, UnicodeDecodeError) as error:
            raise UnavailableError(
                f"The recorded choices in {self._file} cannot be read.",
                hint="Mend the line that is damaged, or move the file away.",
            ) from error

    def _write(self, choices: Sequence[RecordedChoice]) -> None:
        lines = b"".join(_RECORD.dump_json(choice) + b"\n" for choice in choices)
        beside = self._file.with_suffix(".new")
        try:
            beside.write_bytes(lines)
            beside.replace(self._file)
        except OSError as error:
            raise UnavailableError(
                f"The recorded choices in {self._file} cannot be written: {error.strerror}."
            ) from error

    def _learned(self) -> list[str]:
        try:
            return _IDS.validate_json((self.folder / "learned.json").read_bytes())
        except (OSError, ValidationError):
            # Nothing was learned here yet, or an old note of it is damaged: training mends it.
            return []

    def _keep(self, forest: Forest, ids: list[str]) -> None:
        from recommender.train import save

        with self._locked():
            try:
                save(forest, self.folder / "forest.npz", self.folder / "forest.json")
                (self.folder / "learned.json").write_bytes(_IDS.dump_json(ids))
            except OSError as error:
                raise UnavailableError(
                    f"The forest in {self.folder} cannot be written: {error.strerror}."
                ) from error


def tool_for(name: str, slot: str = "") -> Tool:
    """Return the tool that a person means.

    Raises:
        NotFoundError: The catalogue has no such tool.
        RequestError: It is not for that slot, or for several and none is named.
    """
    tools = find_tools(name)
    if not tools:
        names = [tool.name for tool in catalogue() if tool.name != NOTHING]
        raise not_found("tool of the catalogue", name, names)
    wanted = slot.strip().casefold().replace(" ", "_").replace("-", "_")
    if wanted:
        fitting = [tool for tool in tools if tool.slot == wanted]
        if not fitting:
            slots = ", ".join(tool.slot for tool in tools)
            raise RequestError(
                f"{tools[0].name} is not for {slot}.", hint=f"The catalogue has it for {slots}."
            )
        return fitting[0]
    narrow = [tool for tool in tools if tool.slot != PLATFORM] or list(tools)
    exact = [tool for tool in narrow if tool.name.casefold() == name.strip().casefold()]
    narrow = exact or narrow
    if len(narrow) > 1:
        slots = ", ".join(tool.slot for tool in narrow)
        raise RequestError(
            f"{name} can be taken for several things.", hint=f"Say which slot: {slots}."
        )
    return narrow[0]


def learn(forest: Forest, choices: Sequence[RecordedChoice]) -> Forest:
    """Return the forest with the slots grown again that recorded choices are about.

    A choice counts as several projects of one owner; everything else is trained as it was shipped.
    What was measured of the shipped forest stays: single choices cannot be measured.
    """
    from recommender.blending import popularity
    from recommender.growing import grow
    from recommender.train import SEED

    examples = read_examples()
    trees, slots = dict(forest.trees), dict(forest.learned.slots)
    for slot in dict.fromkeys(choice.slot for choice in choices):
        own = [(choice, _tool(choice)) for choice in choices if choice.slot == slot]
        rows = np.stack([encode(facts_of(choice.profile)) for choice, _ in own])
        kinds = np.array([_class(slot, tool, slots[slot].classes) for _, tool in own])
        features = np.concatenate([examples.features, np.repeat(rows, TIMES, axis=0)])
        labels = np.concatenate([examples.labels[slot], np.repeat(kinds, TIMES)])
        classes = np.array(slots[slot].classes)
        number = list(slots).index(slot)
        trees[slot] = grow(
            features, labels, tuple(classes), slot=slot, trees=TREES, seed=SEED + 10_000 * number
        )
        slots[slot] = replace(
            slots[slot],
            popular=popularity(features, labels, classes),
            chosen=_counts([tool.name for _, tool in own]),
        )
    return Forest(trees=trees, learned=Learned(data_digest=forest.learned.data_digest, slots=slots))


def _tool(choice: RecordedChoice) -> Tool:
    return tool_for(choice.tool, choice.slot)


def _class(slot: str, tool: Tool, classes: Sequence[str]) -> str:
    kind = class_of(slot, tool.label) if tool.label else tool.kin
    return kind if kind in classes else tool.kin


def _counts(names: Sequence[str]) -> Mapping[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}
