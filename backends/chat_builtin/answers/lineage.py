"""Answers about where objects come from, and about changes to them."""

from collections.abc import Iterator

from backends.chat_builtin.answers.base import write_answer
from backends.chat_builtin.answers.phrases import ago, plural
from core.lineage import Downloaded, ObjectDetails, ObjectTrace, Removed, SharedLink
from core.objects import Bucket, StoredObject
from core.quantities import size
from core.runs import Artifact

SHOWN_VERSIONS = 5
SHOWN_USES = 8


@write_answer.register
def _details(value: ObjectDetails, tool: str, request: str) -> str:
    del tool, request
    found = value.object
    lines = [
        f"`{found.reference}` — {size(found.bytes)}, {found.content_type}, written"
        f" {ago(found.modified_at)}.",
        f"Tags: {_tags(found)}.",
        f"etag `{found.etag}`.",
    ]
    if value.made_by:
        lines.append(f"Made by run `{value.made_by.run_id}` in {value.made_by.task}.")
    if value.registered_as:
        lines.append(f"It is the file of {', '.join(value.registered_as)}.")
    if len(value.versions) > 1:
        lines.append(f"It has {plural(len(value.versions), 'version')}:")
        lines += [
            f"- `{one.version}` — {size(one.bytes)}, written {ago(one.modified_at)}"
            for one in value.versions[:SHOWN_VERSIONS]
        ]
    return "\n\n".join([*lines[:3], "\n".join(lines[3:])]).strip()


def _tags(found: StoredObject) -> str:
    return ", ".join(f"{name} = {value}" for name, value in found.tags.items()) or "none"


@write_answer.register
def _trace(value: ObjectTrace, tool: str, request: str) -> str:
    del tool, request
    parts = [*_origin(value), *_uses(value)]
    if value.registered_as:
        parts.append(f"It is the file of {', '.join(value.registered_as)}.")
    return "\n\n".join(parts)


def _origin(value: ObjectTrace) -> Iterator[str]:
    name = f"`{value.object.reference}`"
    made = value.made_as
    if made is None:
        yield f"No run made {name}: it was put there from outside, or before runs were recorded."
    elif value.run is None:
        yield f"{name} was made by run `{made.run_id}` in {made.task}; that run is deleted."
    else:
        copied = "" if _same_place(value, made) else f", as `{made.bucket}/{made.key}`"
        yield (
            f"{name} was made by run `{value.run.id}` ({value.run.name}, {value.run.pipeline})"
            f" in {made.task}, {ago(value.run.finished_at)}{copied}."
        )
    if value.changed:
        yield "Its content was changed since: a run made an object of this name with another one."
    if value.inputs:
        read = ", ".join(f"`{one.bucket}/{one.key}`" for one in value.inputs)
        yield f"That run read {read}."


def _same_place(value: ObjectTrace, made: Artifact) -> bool:
    return (made.bucket, made.key) == (value.object.bucket, value.object.key)


def _uses(value: ObjectTrace) -> Iterator[str]:
    if not value.used_by:
        yield "No recorded run has read it."
        return
    lines = [
        f"- {use.run.name} (`{use.run.id}`, {use.run.pipeline}, {use.run.state})"
        + ("" if use.same_content else ": another content under this name")
        for use in value.used_by[:SHOWN_USES]
    ]
    more = len(value.used_by) - len(lines)
    yield (
        f"It was read by {plural(len(value.used_by), 'run')}:\n\n"
        + "\n".join(lines)
        + (f"\n- and {more} more" if more > 0 else "")
    )


@write_answer.register
def _stored(value: StoredObject, tool: str, request: str) -> str:
    del request
    if tool == "tag_object":
        return f"`{value.reference}` now has the tags {_tags(value)}."
    return f"Stored as `{value.reference}` ({size(value.bytes)})."


@write_answer.register
def _bucket(value: Bucket, tool: str, request: str) -> str:
    del tool, request
    return f"The bucket `{value.name}` is there, with {plural(value.objects, 'object')}."


@write_answer.register
def _downloaded(value: Downloaded, tool: str, request: str) -> str:
    del tool, request
    reference = value.object.reference
    return f"`{reference}` is saved as `{value.path}` ({size(value.object.bytes)})."


@write_answer.register
def _link(value: SharedLink, tool: str, request: str) -> str:
    del tool, request
    return (
        f"This link opens `{value.object.reference}` until"
        f" {value.expires_at:%Y-%m-%d %H:%M} UTC, for everybody who has it:\n\n{value.url}"
    )


@write_answer.register
def _removed(value: Removed, tool: str, request: str) -> str:
    del tool, request
    if not value.key:
        lost = f" with {plural(value.objects, 'object')}" if value.objects else ""
        kept = " They are in the trash until that is emptied." if value.objects else ""
        return f"The bucket `{value.bucket}` is deleted{lost}.{kept}"
    return (
        f"`{value.bucket}/{value.key}` is deleted ({size(value.bytes)}); it lies in the trash until"
        " that is emptied."
    )
