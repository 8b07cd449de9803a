"""What people call runs by: an id, the beginning of one, a name, `latest`."""

import re

from core.errors import NotFoundError, RequestError, not_found
from core.runs import Run, RunBackend, RunQuery, RunState

_STATE_WORDS = {
    "failed": RunState.FAILED,
    "failing": RunState.FAILED,
    "broken": RunState.FAILED,
    "succeeded": RunState.SUCCEEDED,
    "successful": RunState.SUCCEEDED,
    "running": RunState.RUNNING,
    "canceled": RunState.CANCELED,
    "cancelled": RunState.CANCELED,
    "stopped": RunState.CANCELED,
    "pending": RunState.PENDING,
}


def parse_state(text: str) -> RunState | None:
    """Return the state that a word means; None for no restriction.

    Raises:
        RequestError: The word is no state.
    """
    word = text.strip().casefold()
    if not word:
        return None
    if word in _STATE_WORDS:
        return _STATE_WORDS[word]
    try:
        return RunState(word.upper())
    except ValueError as error:
        raise RequestError(
            f"{text!r} is no state of a run.",
            hint=f"The states: {', '.join(state.value for state in RunState)}.",
        ) from error


def find_run(runs: RunBackend, reference: str) -> Run:
    """Return the run that a reference names, with its tasks.

    Raises:
        NotFoundError: No run fits; the hint names the closest.
        RequestError: The beginning of an id fits several runs.
    """
    words = reference.strip()
    if re.match(r"(?i)(the )?(latest|last|newest)\b", words):
        return _latest(runs, words)
    named = runs.list(RunQuery(name=words), limit=1)
    if named.items:
        return runs.get(named.items[0].id)
    if re.fullmatch(r"[0-9a-fA-F-]{3,36}", words):
        begun = runs.list(RunQuery(id_prefix=words.lower()), limit=4)
        if begun.total == 1:
            return runs.get(begun.items[0].id)
        if begun.total > 1:
            fits = ", ".join(f"{run.id} ({run.name})" for run in begun)
            raise RequestError(
                f"{words!r} fits {begun.total} runs.",
                hint=f"Which one: {fits}?",
                quoted=[run.name for run in begun],
            )
    recent = runs.list(limit=200)
    if not recent.items:
        raise NotFoundError("There is no run yet.", hint="Start one: run delay-prediction.")
    names = [name for run in recent for name in (run.name, run.id)]
    raise not_found("run", reference, names, hint="`latest` names the newest.")


def _latest(runs: RunBackend, words: str) -> Run:
    rest = re.sub(r"(?i)^(the )?(latest|last|newest)\s*", "", words)
    rest = re.sub(r"(?i)\b(run|one)\b", "", rest).strip()
    state = None
    first, _, remainder = rest.partition(" ")
    if first.casefold() in _STATE_WORDS:
        state, rest = _STATE_WORDS[first.casefold()], remainder.strip()
    found = runs.list(RunQuery(pipeline=rest, state=state), limit=1)
    if found.items:
        return runs.get(found.items[0].id)
    wanted = " ".join(part for part in (state.value if state else "", "run") if part)
    of = f" of {rest!r}" if rest else ""
    raise NotFoundError(
        f"There is no {wanted}{of} yet.", hint="`list_runs` shows the runs there are."
    )
