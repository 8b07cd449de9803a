"""The two doors: one for a value, one for the items of a list."""

from functools import singledispatch

from core.errors import AssistantError
from core.paging import Page


@singledispatch
def write_answer(value: object, tool: str, request: str) -> str:
    """Return the answer to a request from the value that a tool returned, as Markdown.

    Raises:
        AssistantError: No answer is written for such a value.
    """
    del request
    raise AssistantError(
        f"The built-in model has no words for what {tool} returned: {type(value)}."
    )


@singledispatch
def write_list(first: object, page: Page[object]) -> str:
    """Return a list in words, as Markdown; the first item says what it is a list of.

    Raises:
        AssistantError: No words are written for such items.
    """
    del page
    raise AssistantError(f"The built-in model has no words for a list of {type(first)}.")


@write_answer.register
def _page(value: Page, tool: str, request: str) -> str:  # type: ignore[type-arg]  # dispatched on the class
    del request
    if not value.items:
        return _NOTHING.get(tool, "There is nothing.")
    lines = write_list(value.items[0], value)
    if value.has_more:
        lines += f"\n\nThese are {len(value.items)} of {value.counted}."
    return lines


_NOTHING = {
    "list_pipelines": "No pipeline fits.",
    "list_runs": "No run fits. Start one with “run delay-prediction”.",
    "list_buckets": "There is no bucket yet.",
    "list_objects": "There is no object there.",
    "list_artifacts": "That run has made nothing of the kind.",
    "list_models": "No model is registered yet: a run of delay-prediction registers one when it is"
    " good enough.",
    "list_schedules": "Nothing is scheduled. “Run delay-prediction every weekday at six” would be.",
    "list_triggers": "There is no trigger. “When a new file lands in datasets/planned, score it”"
    " would be one.",
    "list_experiments": "No experiment fits.",
    "list_deployments": "Nothing is deployed. “Deploy the delay model as an API” starts a service.",
    "list_sources": "No document is indexed.",
    "list_choices": "Nothing is recorded yet. Tell me what you took: “we took Prefect”.",
}
