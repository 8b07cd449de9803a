"""`memory`: what the assistant is to know of a person's preferences."""

from collections.abc import Sequence

from core.errors import RequestError
from core.preferences import Preferences
from core.settings import read_settings
from surfaces.cli.printing import output, print_json, print_plain


def run_memory(action: str, words: Sequence[str], *, as_json: bool) -> int:
    """List the preferences, add one or remove one.

    Raises:
        RequestError: The action is none of these.
    """
    from surfaces.assembly import assemble

    preferences = assemble(read_settings()).preferences
    if action == "add":
        preferences.add(" ".join(words))
    elif action == "remove":
        preferences.remove(_number(words))
    elif action != "list" or words:
        raise RequestError(
            f"`memory` does not know {' '.join([action, *words])!r}.",
            hint="It takes: list, add TEXT, or remove NUMBER.",
        )
    _show(preferences, as_json=as_json)
    return 0


def _number(words: Sequence[str]) -> int:
    if len(words) != 1 or not words[0].isdecimal():
        raise RequestError(
            "Which preference is to be removed?", hint="Give its number: memory remove 2."
        )
    return int(words[0])


def _show(preferences: Preferences, *, as_json: bool) -> None:
    kept = preferences.list()
    for number, text in enumerate(kept, 1):
        if as_json:
            print_json({"number": number, "text": text})
        else:
            print_plain(f"{number}. {text}")
    if not kept and not as_json:
        output().print('No preference is kept yet. Add one: mlops-swarm memory add "…"')
