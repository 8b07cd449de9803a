"""Print how well requests are understood without a model: `python -m bench.understanding`.

Cases are those of `tests/cases`; nobody looked at the test part while the model was improved.
`--write` puts the tables into `docs/evaluation.md`; `--every N` runs each Nth case only.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from agents.specialists import SPECIALISTS
from backends.chat_builtin.classifier import INTENTS, IntentClassifier
from backends.chat_builtin.train import Scores, train
from backends.chat_builtin.understanding import Understanding
from core.clock import held
from core.focus import Focus
from core.services import BuiltinChat
from core.settings import Settings, read_settings
from surfaces.assembly import assemble
from surfaces.evaluation.cases import Case, named_tools, read_cases
from surfaces.evaluation.evaluating import evaluate
from surfaces.evaluation.results import Report
from surfaces.evaluation.running import Worlds, temporary_worlds
from surfaces.evaluation.world_runs import WorldRuns

PROJECT = Path(__file__).parent.parent
CASES = PROJECT / "tests" / "cases"
EXAMPLES = PROJECT / "agents" / "tools" / "examples"
PAGE = PROJECT / "docs" / "evaluation.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
TARGETS = {"single-step": 0.90, "multi-step": 0.75, "multi-turn": 0.75, "asks or declines": 0.90}
TAKEN_AWAY = ("list_runs", "preview_object", "predict_delay", "search_docs", "recommend_toolchain")
"""Tools that are taken away one by one, to see that the figures of their cases fall."""
LOADS = 7
DECISIONS = 300


def cases_of(part: str, every: int) -> list[Case]:
    """Return the cases of the part `development` or `test`."""
    files = [
        path
        for path in sorted(CASES.glob("*.yaml"))
        if path.name.endswith(".test.yaml") == (part == "test")
    ]
    return list(read_cases(files))[::every]


def tagged(case: Case) -> tuple[str, ...]:
    """Return a case's tags, with one for those that ask back or decline."""
    asks = case.expect.asks or case.expect.declines
    return (*case.tags, "asks or declines") if asks else case.tags


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Return the lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"


def accuracy(reports: dict[str, Report]) -> Iterator[str]:
    """Return what passed, by kind of case and by agent."""
    parts = list(reports)
    tags = {part: report.by_tag() for part, report in reports.items()}
    agents = {part: report.by_agent() for part, report in reports.items()}
    yield "Cases that passed, of all: right tools, right arguments, and nothing beyond.\n"
    rows: list[Sequence[object]] = [
        ("**all**", *(_share(reports[part].overall) for part in parts), ""),
        *(
            (tag, *(_share(tags[p].get(tag)) for p in parts), target)
            for tag, target in TARGETS.items()
        ),
        *(
            (tag, *(_share(tags[part].get(tag)) for part in parts), "")
            for tag in sorted({tag for found in tags.values() for tag in found} - TARGETS.keys())
        ),
        *(
            (f"agent: {name}", *(_share(agents[part].get(name)) for part in parts), "")
            for name in sorted({name for found in agents.values() for name in found})
        ),
        ("unapproved changes", *(reports[part].unapproved_writes for part in parts), 0),
        ("wrong changes proposed", *(_wrong(reports[part]) for part in parts), "≤ 0.5 %"),
    ]
    yield from table(("kind of case", *parts, "target (test)"), rows)


def _share(figure: object) -> str:
    share, cases = getattr(figure, "share", None), getattr(figure, "cases", 0)
    return "" if share is None else f"{share:.2f} of {cases}"


def _wrong(report: Report) -> str:
    return f"{report.wrong_writes / max(report.overall.cases, 1):.1%}"


def mutations(worlds: Worlds, settings: Settings, every: int) -> Iterator[str]:
    """Return how the figures fall when a tool, or what was learnt of it, is taken away."""
    rows = []
    everything = cases_of("development", every)
    for tool in TAKEN_AWAY:
        cases = [case for case in everything if named_tools(case.expect.calls) == {tool}][:12]
        if not cases:
            continue
        whole = evaluate(cases, settings, worlds).overall.share
        without = evaluate(cases, settings, worlds, without=frozenset({tool})).overall.share
        rows.append((f"`{tool}`", len(cases), f"{whole:.2f}", f"{without:.2f}"))
    yield "The evaluation itself, tried: without a tool, the figure of its cases falls.\n"
    yield from table(("tool", "cases", "with it", "without it"), rows)


def cost(world: Worlds, trained: tuple[Scores, float]) -> Iterator[str]:
    """Return what understanding costs: a decision, loading, the file, training."""
    loads = []
    for _ in range(LOADS):
        began = time.perf_counter()
        classifier = IntentClassifier.load(INTENTS)
        loads.append(1000 * (time.perf_counter() - began))
    decisions = sorted(_decisions(world, classifier))
    seconds = trained[1]
    rows = [
        ("a decision, median", f"{statistics.median(decisions):.1f} ms", "20 ms"),
        ("a decision, 95 of 100 are faster", f"{decisions[int(0.95 * len(decisions))]:.1f} ms", ""),
        ("loading, median", f"{statistics.median(loads):.0f} ms", "300 ms"),
        ("the file", f"{INTENTS.stat().st_size / 2**20:.2f} MiB", "5 MiB"),
        ("training, with three folds held out", f"{seconds:.0f} s", "60 s"),
    ]
    yield "What it costs, on two cores that had other work as well.\n"
    yield from table(("what", "measured", "at most"), rows)


def _decisions(worlds: Worlds, classifier: IntentClassifier) -> Iterator[float]:
    world = worlds.world("demo")
    with held(world.clock), worlds.copy("demo") as home:
        assistant = assemble(
            Settings(home=home),
            run_backend=WorldRuns,
            catalog=world.catalog,
            library=worlds.library("demo"),
        )
        understanding = Understanding(classifier, assistant.world)
        texts = [case.turns[0] for case in cases_of("development", 1)][:DECISIONS]
        for text in texts:
            began = time.perf_counter()
            now = understanding.now()
            for step in now.steps(text)[:1]:
                now.read(step, Focus())
            yield 1000 * (time.perf_counter() - began)


def _trained(folder: Path) -> tuple[Scores, float]:
    began = time.perf_counter()
    scores = train(EXAMPLES, folder / "intents.npz")
    return scores, time.perf_counter() - began


def held_out(scores: Scores, plain: Scores) -> Iterator[str]:
    """Return how well the tool is picked for examples that were not learnt, by agent."""
    yield "The right tool for an example that was not learnt, nor any like it (three folds).\n"
    rows: list[Sequence[object]] = [
        ("words and parts of words only", *_tops(plain, plain.by_label)),
        ("with what words mean, as it is used", *_tops(scores, scores.by_label)),
        *((f"agent: {agent.name}", *_tops(scores, agent.tools)) for agent in SPECIALISTS),
        ("none of our field", *_tops(scores, ["none"])),
    ]
    yield from table(("classifier", "examples", "first", "among the first three"), rows)


def _tops(scores: Scores, labels: Iterable[str]) -> Sequence[object]:
    found = [scores.by_label[label] for label in labels if label in scores.by_label]
    count = sum(number for number, _, _ in found)
    first = sum(number * one for number, one, _ in found) / max(count, 1)
    third = sum(number * three for number, _, three in found) / max(count, 1)
    return count, f"{first:.3f}", f"{third:.3f}"


def main() -> None:
    """Print the tables, or write them into the page."""
    parser = argparse.ArgumentParser(prog="bench.understanding", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put the tables into the page")
    parser.add_argument("--every", type=int, default=1, help="run each Nth case only")
    chosen = parser.parse_args()
    settings = read_settings(chat=BuiltinChat())
    with temporary_worlds() as worlds, tempfile.TemporaryDirectory() as scratch:
        trained = _trained(Path(scratch))
        plain = train(EXAMPLES, Path(scratch) / "plain.npz", blocks=2)
        reports = {
            part: evaluate(
                [
                    case.model_copy(update={"tags": tagged(case)})
                    for case in cases_of(part, chosen.every)
                ],
                settings,
                worlds,
            )
            for part in ("development", "test")
        }
        parts = [
            accuracy(reports),
            held_out(trained[0], plain),
            cost(worlds, trained),
            mutations(worlds, settings, chosen.every),
        ]
        text = "\n\n".join("\n".join(part) for part in parts)
    if chosen.write:
        before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", "utf-8")
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
