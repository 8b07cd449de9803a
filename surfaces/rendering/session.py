"""How a conversation that became a file is shown."""

from rich.console import RenderableType

from core.exports import ExportedSession
from core.quantities import size
from surfaces.rendering.anything import facts, render
from surfaces.rendering.headlines import headline
from surfaces.words import clean


@render.register
def _exported(value: ExportedSession) -> RenderableType:
    replaced = " (the file that was there is replaced)" if value.replaced else ""
    shown = {
        "file": f"{value.path}, {size(value.bytes)}{replaced}",
        "format": value.format.value,
        "of": f"{value.name} ({value.session})",
        "changes": value.changes,
        "reads": value.reads,
        "steps": "\n".join(f"{n}. {tool}" for n, tool in enumerate(value.tools, start=1)),
        "left out": "\n".join(value.left_out),
        "again": value.how,
    }
    return facts({label: told for label, told in shown.items() if told != ""})


@headline.register
def _exported_in_brief(value: ExportedSession) -> str:
    return clean(f"{value.path}: {value.changes} changes, {value.reads} reads")
