"""How the origin of objects and changes to them are shown."""

from rich.console import Group, RenderableType

from core.lineage import Downloaded, ObjectDetails, ObjectTrace, Removed, SharedLink
from core.quantities import size
from surfaces.rendering.anything import facts, render, section, table
from surfaces.words import moment, words


@render.register
def _details(value: ObjectDetails) -> RenderableType:
    made = value.made_by
    origin = {
        "made by": f"run {made.run_id}, {made.task}" if made else "no recorded run",
        "registered as": ", ".join(value.registered_as),
    }
    if len(value.versions) < 2:
        return Group(render(value.object), facts(origin))
    grid = table("version", "size", "written", numbers=("size",))
    for one in value.versions:
        grid.add_row(words(one.version, "cyan"), size(one.bytes), moment(one.modified_at))
    return Group(render(value.object), facts(origin), section("Versions"), grid)


@render.register
def _trace(value: ObjectTrace) -> RenderableType:
    made, run = value.made_as, value.run
    origin = facts(
        {
            "object": words(value.object.reference, "cyan"),
            "content": f"{value.content_hash[:12]}, {size(value.object.bytes)}"
            + (", changed since a run made it" if value.changed else ""),
            "made by": f"run {made.run_id}, {made.task}" if made else "no recorded run",
            "run": f"{run.name}, {run.pipeline}, {run.state}" if run else "",
            "made as": f"{made.bucket}/{made.key}" if made else "",
            "from": ", ".join(f"{one.bucket}/{one.key}" for one in value.inputs),
            "registered as": ", ".join(value.registered_as),
        }
    )
    if not value.used_by:
        return Group(origin, facts({"read by": "no recorded run"}))
    grid = table("read by", "id", "pipeline", "state", "started", "content")
    for use in value.used_by:
        grid.add_row(
            words(use.run.name, "cyan"),
            words(use.run.id),
            words(use.run.pipeline),
            words(use.run.state.value),
            words(moment(use.run.started_at)),
            words("the same" if use.same_content else "another"),
        )
    return Group(origin, grid)


@render.register
def _downloaded(value: Downloaded) -> RenderableType:
    return facts({"object": words(value.object.reference, "cyan"), "saved as": value.path})


@render.register
def _link(value: SharedLink) -> RenderableType:
    return facts(
        {
            "object": words(value.object.reference, "cyan"),
            "works until": moment(value.expires_at),
            "link": value.url,
        }
    )


@render.register
def _removed(value: Removed) -> RenderableType:
    what = f"{value.bucket}/{value.key}" if value.key else f"bucket {value.bucket}"
    kept = {"in the trash": f"{value.objects} objects, {size(value.bytes)}"}
    return facts({"deleted": words(what, "cyan"), **(kept if value.objects else {})})
