"""`memory`: what the assistant is to know of a person's preferences."""

from collections.abc import Sequence

from core.errors import RequestError
from core.examples import Examples
from core.preferences import Preferences
from core.settings import read_settings
from surfaces.cli.printing import output, print_json, print_plain


def run_memory(action: str, words: Sequence[str], *, as_json: bool) -> int:
    """List the preferences, add one or remove one; list or forget what was taught.

    Raises:
        RequestError: The action is none of these.
    """
    from surfaces.assembly import assemble

    assistant = assemble(read_settings())
    preferences = assistant.preferences
    if action in {"examples", "forget"}:
        if action == "forget":
            assistant.examples.remove(_number(words))
        _show_examples(assistant.examples, as_json=as_json)
        return 0
    if action == "add":
        preferences.add(" ".join(words))
    elif action == "remove":
        preferences.remove(_number(words))
    elif action != "list" or words:
        raise RequestError(
            f"`memory` does not know {' '.join([action, *words])!r}.",
            hint="It takes: list, add TEXT, remove NUMBER, examples, or forget NUMBER.",
        )
    _show(preferences, as_json=as_json)
    return 0


def _number(words: Sequence[str]) -> int:
    if len(words) != 1 or not words[0].isdecimal():
        raise RequestError("Which one is to be removed?", hint="Give its number: memory remove 2.")
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


def _show_examples(examples: Examples, *, as_json: bool) -> None:
    kept = examples.list()
    for number, one in enumerate(kept, 1):
        if as_json:
            print_json({"number": number, "text": one.text, "tool": one.tool})
        else:
            print_plain(f"{number}. {one.text} → {one.tool}")
    if not kept and not as_json:
        output().print("Nothing was taught yet. Correct an answer, then say “remember that”.")
