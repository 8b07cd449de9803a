"""One line for a value, where there is no room for more."""

import dataclasses
from functools import singledispatch

from core.metrics import RunMetrics
from core.models import ModelCard, Prediction
from core.objects import BinaryPreview, Plot, StoredObject, TablePreview, TextPreview
from core.paging import Page
from core.passages import DocsAnswer
from core.pipelines import PipelineSpec
from core.runs import Run, RunLogs
from core.toolchains import QuestionsFirst, Recommendation
from surfaces.words import clean, share, short

LONGEST = 60


@singledispatch
def headline(value: object) -> str:
    """Say in a few words what a value is."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ""
    text = short(value).replace("\n", " ")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


@headline.register
def _page(value: Page) -> str:  # type: ignore[type-arg]  # singledispatch needs the bare class
    shown = len(value.items)
    return f"{shown} of {value.counted}" if value.has_more else f"{shown} found"


@headline.register
def _run(value: Run) -> str:
    return clean(f"{value.id[:8]} {value.name} {value.state.value.lower()}")


@headline.register
def _pipeline(value: PipelineSpec) -> str:
    return f"{clean(value.name)}: {len(value.parameters)} parameters, {len(value.tasks)} tasks"


@headline.register
def _logs(value: RunLogs) -> str:
    return f"{len(value.lines)} of {value.total_lines} lines"


@headline.register
def _metrics(value: RunMetrics) -> str:
    return f"winner {clean(value.winner)}" if value.winner else f"{len(value.metrics)} numbers"


@headline.register
def _object(value: StoredObject) -> str:
    return clean(value.reference)


@headline.register(TablePreview)
@headline.register(TextPreview)
@headline.register(BinaryPreview)
def _preview(value: TablePreview | TextPreview | BinaryPreview) -> str:
    return clean(value.object.reference)


@headline.register
def _plot(value: Plot) -> str:
    return clean(value.kind.replace("_", " "))


@headline.register
def _card(value: ModelCard) -> str:
    return f"{clean(value.version.model)} version {value.version.version}"


@headline.register
def _prediction(value: Prediction) -> str:
    return f"{clean(value.verdict)}, {share(value.probability)}"


@headline.register
def _docs(value: DocsAnswer) -> str:
    return f"{len(value.items)} passages" if value.answerable else "not in the documents"


@headline.register
def _recommendation(value: Recommendation) -> str:
    best = value.platform.choices[:1]
    return f"platform {clean(best[0].tool)}" if best else f"{len(value.slots)} slots"


@headline.register
def _questions(value: QuestionsFirst) -> str:
    return f"{len(value.questions)} questions first"
