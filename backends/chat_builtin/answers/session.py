"""Answers about a conversation as a whole."""

from backends.chat_builtin.answers.base import write_answer
from backends.chat_builtin.answers.phrases import plural
from core.exports import ExportedSession, ExportFormat

_IN_WORDS = {
    ExportFormat.PYTHON: "a Python script",
    ExportFormat.BASH: "a Bash script",
    ExportFormat.NOTEBOOK: "a notebook",
    ExportFormat.GITHUB_ACTIONS: "a workflow for GitHub Actions",
}


@write_answer.register
def _exported(value: ExportedSession, tool: str, request: str) -> str:
    del tool, request
    what = _IN_WORDS[value.format]
    steps = ", ".join(f"`{name}`" for name in dict.fromkeys(value.tools))
    held = f"{plural(value.changes, 'change')} and {plural(value.reads, 'read')}: {steps}"
    replaced = " The file that was there is replaced." if value.replaced else ""
    left_out = f"\n\nNot in it: {'; '.join(value.left_out)}." if value.left_out else ""
    again = (
        f"To do it again, {value.how}."
        if value.format is ExportFormat.GITHUB_ACTIONS
        else f"`{value.how}` does it again."
    )
    return f"What we did is {what} now, `{value.path}`, with {held}.{replaced}{left_out}\n\n{again}"
