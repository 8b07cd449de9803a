"""What the MinIO agent can do with runs that start when an object arrives."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from agents.events import Effect
from agents.toolbox import Tool
from agents.tools.object_use import split_reference
from core import clock
from core.errors import AssistantError, RequestError, not_found
from core.objects import ObjectStore
from core.paging import Page, page_of
from core.pipelines import ParameterValue, PipelineSpec
from core.runs import RunBackend
from core.triggers import Trigger, TriggerBook, present
from pipelines.catalog import Catalog
from pipelines.differences import in_words

OUTPUTS = "artifacts"
"""The bucket in which runs leave what they make, below the name of their pipeline."""
MODELS = "models"
"""The bucket in which versions appear that runs have made."""
SETTING_UP_SECONDS = 600
_NAME = re.compile(r"\w[\w.-]{0,39}")


@dataclass(frozen=True, slots=True)
class TriggerTools:
    """Runs that start when an object arrives."""

    catalog: Catalog
    runs: RunBackend
    store: ObjectStore
    book: TriggerBook
    barred: AssistantError | None = None
    """Why no run may be started here at all; None if runs may."""

    def create_trigger(
        self,
        bucket: str,
        pipeline: str,
        prefix: str = "",
        parameter: str = "",
        parameters: dict[str, ParameterValue] = {},  # noqa: B006 (never changed)
        name: str = "",
    ) -> Trigger:
        """Let a pipeline run for every new object that arrives in a bucket or a folder of it.

        Args:
            bucket: The bucket to watch, such as `datasets`.
            pipeline: The pipeline to run, such as `delay-scoring`.
            prefix: The folder to watch, such as `planned/`; the whole bucket if empty.
            parameter: The pipeline's parameter that gets the object; found if empty.
            parameters: Further values by parameter name, the same for every run.
            name: A name for the trigger; one is made up if empty.
        """
        wanted = self._wanted(bucket, pipeline, prefix, parameter, parameters, name)
        return self.book.add(wanted, present(self.store, wanted.bucket, wanted.prefix))

    def create_trigger_details(
        self,
        bucket: str,
        pipeline: str,
        prefix: str,
        parameter: str,
        parameters: dict[str, ParameterValue],
        name: str,
    ) -> Mapping[str, str]:
        """Say that runs will start without asking, what one costs, and what is there already."""
        wanted = self._wanted(bucket, pipeline, prefix, parameter, parameters, name)
        spec = self.catalog.find(wanted.pipeline)
        there = self.store.list(wanted.bucket, wanted.prefix, limit=1)
        fixed = ", ".join(f"{key}={in_words(value)}" for key, value in parameters.items())
        return {
            "runs": f"{spec.name}, {self.runs.place}, for every object that arrives in"
            f" {wanted.place}, as its {wanted.parameter}",
            "asks": "now, and for none of these runs again, until it is paused or deleted",
            **({"parameters": fixed} if fixed else {}),
            "there already": f"{_objects(there.counted)}; no run starts for what is there",
            "each run takes": self._cost(spec.name),
            "each run writes": f"{OUTPUTS}/{spec.name}/<run id>/",
            "name": wanted.name,
            **_NEEDS,
        }

    def list_triggers(self) -> Page[Trigger]:
        """List the triggers: what runs when an object arrives, how often it did, what failed."""
        return page_of(list(self.book.all()))

    def pause_trigger(self, trigger: str) -> Trigger:
        """Let a trigger start no more runs until it is resumed.

        Args:
            trigger: Its name.
        """
        return self.book.pause(self._enabled(trigger).name)

    def pause_trigger_details(self, trigger: str) -> Mapping[str, str]:
        """Say what will not happen."""
        found = self._enabled(trigger)
        return {"pauses": _told(found), "will not run": "for what arrives until it is resumed"}

    def resume_trigger(self, trigger: str) -> Trigger:
        """Let a paused trigger start runs again, for what arrives from now on.

        Args:
            trigger: Its name.
        """
        found = self._paused(trigger)
        return self.book.resume(found.name, present(self.store, found.bucket, found.prefix))

    def resume_trigger_details(self, trigger: str) -> Mapping[str, str]:
        """Say what will happen again, without asking."""
        found = self._paused(trigger)
        return {
            "resumes": _told(found),
            "asks": "now, and for none of its runs again",
            "arrived meanwhile": "counts as seen; no run starts for it",
            "each run takes": self._cost(found.pipeline),
            **_NEEDS,
        }

    def delete_trigger(self, trigger: str) -> Trigger:
        """Delete a trigger; the runs it started and the objects stay.

        Args:
            trigger: Its name.
        """
        found = find_trigger(self.book, trigger)
        self.book.delete(found.name)
        return found

    def delete_trigger_details(self, trigger: str) -> Mapping[str, str]:
        """Say what is lost."""
        return {
            "deletes": _told(find_trigger(self.book, trigger)),
            "loses": "what it watches and has seen; it has no trash",
            "keeps": "the runs it started, and the objects",
        }

    def _wanted(
        self,
        bucket: str,
        pipeline: str,
        prefix: str,
        parameter: str,
        parameters: Mapping[str, ParameterValue],
        name: str,
    ) -> Trigger:
        """Return the trigger that is asked for; refuse one that could not work."""
        if self.barred is not None:
            raise self.barred
        bucket, prefix = split_reference(bucket.strip(), prefix.strip().strip("/"))
        prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        spec = self.catalog.find(pipeline)
        every = self.book.all()
        wanted = Trigger(
            name=_checked_name(name.strip(), every) or _free_name(bucket, prefix, spec, every),
            bucket=bucket,
            prefix=prefix,
            pipeline=spec.name,
            parameter=_receiver(spec, parameter.strip()),
            parameters=dict(parameters),
            created_at=clock.now(),
        )
        if wanted.parameter in parameters:
            raise RequestError(
                f"{wanted.parameter} gets the object that arrives; it cannot be fixed as well.",
                hint="Leave it out of the parameters, or name another parameter for the object.",
            )
        _refuse_circles(wanted, every)
        self._check(wanted, spec)
        return wanted

    def _check(self, wanted: Trigger, spec: PipelineSpec) -> None:
        """Check the parameters as a run would, with an object that is there in the new one's place.

        Raises:
            AssistantError: There is no such bucket, or no run could start.
        """
        samples = (
            *self.store.list(wanted.bucket, wanted.prefix, limit=1),
            *self.store.list(wanted.bucket, limit=1),
        )
        if samples:
            self.runs.check(spec, {**wanted.parameters, wanted.parameter: samples[0].reference})
            return
        known = [one.name for one in spec.parameters]
        for given in wanted.parameters:
            if given not in known:
                raise not_found(f"parameter of {spec.name}", given, known)

    def _cost(self, pipeline: str) -> str:
        seconds = self.runs.typical_seconds(pipeline)
        if seconds is None:
            return "unknown: no earlier run of it succeeded here"
        took = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
        return f"about {took} (median of earlier runs)"

    def _enabled(self, trigger: str) -> Trigger:
        found = find_trigger(self.book, trigger)
        if not found.enabled:
            raise RequestError(
                f"{found.name} is paused already.", hint="It works again once it is resumed."
            )
        return found

    def _paused(self, trigger: str) -> Trigger:
        if self.barred is not None:
            raise self.barred
        found = find_trigger(self.book, trigger)
        if found.enabled:
            raise RequestError(f"{found.name} is not paused.", hint=f"It watches {found.place}.")
        return found

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (
            Tool(
                self.create_trigger,
                Effect.WRITES,
                details=self.create_trigger_details,
                seconds=SETTING_UP_SECONDS,
            ),
            Tool(self.list_triggers),
            Tool(self.pause_trigger, Effect.WRITES, details=self.pause_trigger_details),
            Tool(
                self.resume_trigger,
                Effect.WRITES,
                details=self.resume_trigger_details,
                seconds=SETTING_UP_SECONDS,
            ),
            Tool(self.delete_trigger, Effect.DESTROYS, details=self.delete_trigger_details),
        )


_NEEDS = {
    "works": "while an assistant or `mlops-swarm daemon` is up; what arrives meanwhile is found"
    " when one is up again"
}


def find_trigger(book: TriggerBook, reference: str) -> Trigger:
    """Return a trigger by its name.

    Raises:
        NotFoundError: There is no such trigger; the hint names the closest.
    """
    every = book.all()
    wanted = reference.strip().casefold()
    for trigger in every:
        if trigger.name.casefold() == wanted:
            return trigger
    raise not_found("trigger", reference, [trigger.name for trigger in every])


def _receiver(spec: PipelineSpec, named: str) -> str:
    """Return the parameter that gets the object: the one named, or the only one it can be."""
    if named:
        if named not in {one.name for one in spec.parameters}:
            raise not_found(
                f"parameter of {spec.name}", named, [one.name for one in spec.parameters]
            )
        return named
    objects = [one for one in spec.parameters if one.is_object]
    if not objects:
        raise RequestError(
            f"{spec.name} has no parameter that is known to take an object.",
            hint="Name the one that gets it: parameter=…; it is given as bucket/key.",
        )
    if len(objects) > 1:
        # What a run cannot do without is what it is about; the rest has a default.
        objects = [one for one in objects if one.required] or objects
    if len(objects) > 1:
        names = ", ".join(one.name for one in objects)
        raise RequestError(
            f"{spec.name} has several parameters that take an object: {names}.",
            hint="Name the one that gets what arrives: parameter=….",
        )
    return objects[0].name


def _refuse_circles(wanted: Trigger, every: Iterable[Trigger]) -> None:
    """Refuse a trigger whose runs make what it waits for, also by way of other triggers."""
    known = [*every, wanted]
    reached, waiting = {wanted.name}, [wanted]
    while waiting:
        maker = waiting.pop()
        for one in known:
            if not _feeds(maker.pipeline, one):
                continue
            if one is wanted:
                raise RequestError(
                    f"A run of {maker.pipeline} leaves new objects in {wanted.place}: each would"
                    " start the next, without end.",
                    hint="Watch a folder that no such run writes to.",
                )
            if one.name not in reached:
                reached.add(one.name)
                waiting.append(one)


def _feeds(pipeline: str, trigger: Trigger) -> bool:
    """Tell whether a pipeline's runs leave objects where a trigger waits for them."""
    if trigger.bucket == MODELS:
        return True
    made = f"{pipeline}/"
    return trigger.bucket == OUTPUTS and (
        made.startswith(trigger.prefix) or trigger.prefix.startswith(made)
    )


def _checked_name(name: str, every: Iterable[Trigger]) -> str:
    if name and not _NAME.fullmatch(name):
        raise RequestError(
            f"{name!r} cannot be the name of a trigger.",
            hint="Up to 40 letters, digits, dots, hyphens and underscores: june-scoring.",
            quoted=[name],
        )
    if name and name.casefold() in {one.name.casefold() for one in every}:
        raise RequestError(
            f"There is a trigger {name!r} already.",
            hint="Choose another name, or delete that one first.",
            quoted=[name],
        )
    return name


def _free_name(bucket: str, prefix: str, spec: PipelineSpec, every: Iterable[Trigger]) -> str:
    """Return a name that says what is watched and what is done: `planned-scoring`."""
    folder = re.sub(r"[^\w.]+", "-", prefix.rstrip("/").rpartition("/")[2] or bucket).strip("-.")
    base = f"{folder or 'new'}-{spec.name.rpartition('-')[2]}"[:36]
    taken = {one.name.casefold() for one in every}
    name, number = base, 2
    while name.casefold() in taken:
        name, number = f"{base}-{number}", number + 1
    return name


def _objects(counted: str) -> str:
    return "1 object" if counted == "1" else f"{counted} objects"


def _told(trigger: Trigger) -> str:
    return f"{trigger.name}: {trigger.pipeline} for what arrives in {trigger.place}"
