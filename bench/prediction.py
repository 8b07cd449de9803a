"""Measures a model card and a prediction with reasons, warm, through the toolbox.

Run `python -m bench.prediction [--algorithm AdaBoost] [--repeats 20]`. Beside them stands a bare
`predict_proba` of the same phase, measured in turns. The target is under 300 ms each.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from agents.approval import Caller
from agents.events import Answer, ApprovalCard, Decision, Event
from bench.trained import register
from core.settings import read_settings
from models.prediction import frame_of
from surfaces.assembly import Assistant, assemble

TARGET_MS = 300
PHASE = {"borough": "Queens", "work_category": "roof_envelope", "planned_duration_days": 150}


async def _allow(card: ApprovalCard) -> Decision:
    del card
    return Decision(answer=Answer.ALLOW)


def milliseconds(assistant: Assistant, tool: str, **arguments: object) -> float:
    """Time one call of a tool, from the arguments to the value."""
    events: list[Event] = []
    caller = Caller(agent="bench", approve=_allow, notify=events.append)
    started = time.perf_counter()
    asyncio.run(assistant.toolbox.call(tool, arguments, caller))
    return (time.perf_counter() - started) * 1000


def bare_milliseconds(assistant: Assistant) -> float:
    """Time scikit-learn alone on one row."""
    version = assistant.registry.find("delay")
    card, model = assistant.registry.card(version), assistant.registry.load(version)
    frame = frame_of([card.typical[""]], model.columns, card.typical)
    started = time.perf_counter()
    model.probabilities(frame)
    return (time.perf_counter() - started) * 1000


def main() -> int:
    """Print the medians; 1 if a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--algorithm", default="AdaBoost")
    parser.add_argument("--repeats", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        assistant = assemble(read_settings(home=Path(home)))
        register(assistant.registry, assistant.store, given.algorithm, "bbbbbbbb")
        measures = {
            "card": lambda: milliseconds(assistant, "describe_model", model="delay"),
            "prediction with reasons": lambda: milliseconds(
                assistant, "predict_delay", phase=PHASE
            ),
            "bare predict_proba": lambda: bare_milliseconds(assistant),
        }
        taken: dict[str, list[float]] = {name: [] for name in measures}
        for repeat in range(given.repeats + 2):
            for name, measure in measures.items():
                took = measure()
                # The first rounds import and load.
                if repeat >= 2:
                    taken[name].append(took)
    print(f"{given.algorithm}, {given.repeats} calls each, in turns:")
    for name, values in taken.items():
        print(f"{name:<26} median {statistics.median(values):6.1f} ms, slowest {max(values):6.1f}")
    medians = [statistics.median(taken[name]) for name in ("card", "prediction with reasons")]
    print(f"target: under {TARGET_MS} ms")
    return 0 if max(medians) < TARGET_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
