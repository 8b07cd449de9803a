"""Reading requests for what was done in a conversation."""

import re

from backends.chat_builtin.skills.base import Arguments, Missing, Skill
from backends.chat_builtin.words import settings
from core.exports import ExportFormat
from core.focus import Focus
from core.world import World

_FILE = re.compile(r"(?<![\w/.~-])[\w./~-]*\w\.(?:py|sh|bash|ipynb|ya?ml)\b", re.I)
_QUOTED = re.compile(r"[`\"'“]([\w~./ -]*\w)[`\"'”]")
_PLACE = re.compile(r"(?<![\w:/])(?:~|\.{1,2})?/?(?:[\w.-]+/)+[\w.-]*\w")
_CALLED = re.compile(r"\b(?:file|script|notebook|workflow) (?:called|named) ([\w.-]*\w)", re.I)
_ENDINGS = {
    "py": ExportFormat.PYTHON,
    "sh": ExportFormat.BASH,
    "bash": ExportFormat.BASH,
    "ipynb": ExportFormat.NOTEBOOK,
    "yml": ExportFormat.GITHUB_ACTIONS,
    "yaml": ExportFormat.GITHUB_ACTIONS,
}
_SAID = {
    ExportFormat.NOTEBOOK: r"\bnote\s?books?\b|\bjupyter\b|\bipynb\b",
    ExportFormat.GITHUB_ACTIONS: r"\bgit\s?hub\b|\bactions? workflow\b|\bwork\s?flows?\b|\bgha\b",
    ExportFormat.BASH: r"\bbash\b|\bshell\b|\bsh\b|\bcommand line\b",
    ExportFormat.PYTHON: r"\bpython\b|\bpy\b",
}
_EXAMPLES = {
    ExportFormat.PYTHON: "steps.py",
    ExportFormat.BASH: "steps.sh",
    ExportFormat.NOTEBOOK: "steps.ipynb",
    ExportFormat.GITHUB_ACTIONS: ".github/workflows/steps.yml",
}


def _export(text: str, world: World, focus: Focus) -> Arguments | Missing:
    del world, focus
    given = settings(text)
    path = given.get("path") or _path_in(text)
    said = given.get("format") or _format_in(text.replace(path, " ") if path else text, path)
    if not path:
        example = _EXAMPLES.get(ExportFormat(said), "") if said in set(ExportFormat) else ""
        return Missing(f"Into which file shall I write it, for example `{example or 'steps.py'}`?")
    return {"path": path, **({"format": said} if said else {})}


def _path_in(text: str) -> str:
    for pattern in (_FILE, _QUOTED, _PLACE, _CALLED):
        if found := pattern.search(text):
            return found[1] if pattern.groups else found[0]
    return ""


def _format_in(text: str, path: str) -> str:
    """Return the format that words say; else the one that the file's name says."""
    for name, pattern in _SAID.items():
        if re.search(pattern, text, re.I):
            return name.value
    named = _ENDINGS.get(path.rpartition(".")[2].casefold())
    return named.value if named else ""


SKILLS = (
    Skill(
        tool="export_session",
        read=_export,
        in_words="write what we did as a script",
        changes=True,
    ),
)
