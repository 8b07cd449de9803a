"""What can be named after an `@`: pipelines, runs, buckets, objects and models that exist."""

import re
from collections.abc import Iterator, Sequence

from core.world import World
from surfaces.tui.slash import Suggestion

MENTION = re.compile(r"(?:^|[\s=\"'(,])@(\S*)$")

LONGEST_LIST = 50


def mention(text: str) -> str | None:
    """Return what was typed after an `@` at the end of a text; None if there is none."""
    match = MENTION.search(text)
    return match[1] if match else None


def things(world: World, text: str) -> Sequence[Suggestion]:
    """Return the things that a mention at the end of a text can mean, the closest first.

    Reads from the services, so it may block.
    """
    typed = mention(text)
    if typed is None:
        return ()
    before = text[: len(text) - len(typed) - 1]
    wanted = typed.casefold()
    found = [
        Suggestion(text=f"{before}{name}", label=name, help=kind)
        for name, kind in _known(world, typed)
        if wanted in name.casefold()
    ]
    found.sort(key=lambda item: not item.label.casefold().startswith(wanted))
    return found[:LONGEST_LIST]


def _known(world: World, typed: str) -> Iterator[tuple[str, str]]:
    bucket, slash, _ = typed.partition("/")
    if slash:
        yield from ((f"{bucket}/{key}", "object") for key in world.keys(bucket))
        return
    yield from ((pipeline.name, "pipeline") for pipeline in world.pipelines())
    yield from ((name, "model") for name in world.models())
    yield from ((f"{name}/", "bucket") for name in world.buckets())
    yield from (
        (run.name, f"run {run.id[:8]} of {run.pipeline}, {run.state.value.lower()}")
        for run in world.recent_runs()
    )
