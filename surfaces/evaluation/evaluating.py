"""The whole evaluation: cases in, a report out."""

from collections.abc import Callable, Sequence

from core.services import OpenAIChat
from core.settings import Settings
from surfaces.evaluation.cases import Case
from surfaces.evaluation.results import Report, Result, agents_of, commit_here
from surfaces.evaluation.running import Runner, Worlds
from surfaces.evaluation.tables import SEED


def evaluate(
    cases: Sequence[Case],
    settings: Settings,
    worlds: Worlds,
    *,
    repeats: int = 1,
    without: frozenset[str] = frozenset(),
    tell: Callable[[Result], None] | None = None,
) -> Report:
    """Run cases and return what came of them.

    Args:
        cases: What to run.
        settings: Which chat model, and which limits.
        worlds: Where cases begin.
        repeats: How often each case is run.
        without: Tools to take away.
        tell: Is told each result as it comes.
    """
    runner = Runner(settings=settings, worlds=worlds, without=without)
    results = []
    for case in (case for _ in range(repeats) for case in cases):
        results.append(runner.run(case))
        if tell is not None:
            tell(results[-1])
    chat = settings.chat
    return Report(
        results=tuple(results),
        repeats=repeats,
        model=chat.model if isinstance(chat, OpenAIChat) else "builtin",
        seed=SEED,
        commit=commit_here(),
        agents=agents_of(cases),
    )
