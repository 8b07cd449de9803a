"""Which way of putting a model to use fits what a person says of their need."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.deployments import DeploymentAdvice, DeploymentMode

NO_NETWORK = "no connection"
POOR_NETWORK = "poor connection"
AVAILABLE = frozenset({DeploymentMode.BATCH, DeploymentMode.REAL_TIME})
INSTEAD = {
    DeploymentMode.STREAMING: "Streaming is not there yet. The nearest that works today: a"
    " real-time deployment that the consumer of the stream calls, up to 1,000 phases a request.",
    DeploymentMode.EDGE: "Edge is not there yet as a deployment. The nearest that works today:"
    " `package_model` makes one archive that runs on the device without a network.",
}


@dataclass(frozen=True, slots=True)
class _Sign:
    """Words that speak for a way."""

    pattern: str
    mode: DeploymentMode
    weight: float
    why: str


# The person's words by argument; a fact about the connection outweighs one about haste, because no
# service answers where no network reaches it.
_SIGNS: Mapping[str, tuple[_Sign, ...]] = {
    "latency": (
        _Sign(
            r"milli|\bms\b|instant|immediate|real[\s-]?time|second|low|fast|quick|live|interactiv"
            r"|wait|screen|form|click|at once|right away",
            DeploymentMode.REAL_TIME,
            3,
            "answers are needed at once",
        ),
        _Sign(
            r"no hurry|hour|night|overnight|day|week|month|later|not urgent|no latency|whenever"
            r"|doesn.?t matter|does not matter|relaxed|high latency|any",
            DeploymentMode.BATCH,
            3,
            "answers can wait",
        ),
    ),
    "volume": (
        _Sign(
            r"stream|continuous|events?\b|sensor|kafka|per second|a second|/s\b|constant flow",
            DeploymentMode.STREAMING,
            3,
            "data arrives without end",
        ),
        _Sign(
            r"table|file|portfolio|list|rows|once a|monthly|weekly|daily|nightly|all at once|bulk"
            r"|batch|report",
            DeploymentMode.BATCH,
            2,
            "data comes as tables",
        ),
        _Sign(
            r"requests?|users?|single|one (?:at a time|by one)|few|small|ad[\s-]?hoc|now and then"
            r"|app\b|website",
            DeploymentMode.REAL_TIME,
            1,
            "requests come one by one",
        ),
    ),
    "connectivity": (
        _Sign(
            r"offline|(?:no|without) (?:internet|network|connect\w*|signal|wifi)"
            r"|air[\s-]?gap|disconnected|none|basement|underground",
            DeploymentMode.EDGE,
            5,
            "there is no connection to a service",
        ),
        _Sign(
            r"poor|bad|unreliable|spotty|intermittent|slow|flaky|weak|sometimes|patchy",
            DeploymentMode.EDGE,
            4,
            "the connection cannot be relied on",
        ),
        _Sign(
            r"good|fast|stable|always|reliable|online|wifi|office|lan\b|fib|strong",
            DeploymentMode.REAL_TIME,
            1,
            "a service can be reached",
        ),
    ),
    "device": (
        _Sign(
            r"raspberry|tablet|phone|mobile|embedded|camera|iot|drone|microcontroller|jetson|edge"
            r"|on[\s-]?site|on[\s-]?device|sensor|handheld",
            DeploymentMode.EDGE,
            2,
            "it is to run near the person, on a device",
        ),
        _Sign(
            r"server|cloud|cluster|data ?cent|vm\b|kubernetes|laptop|desktop|pc\b|browser|web",
            DeploymentMode.REAL_TIME,
            1,
            "there is a machine for a service",
        ),
    ),
}
# In which order ways are taken that equally much speaks for: the simplest first.
_SIMPLEST = (
    DeploymentMode.BATCH,
    DeploymentMode.REAL_TIME,
    DeploymentMode.EDGE,
    DeploymentMode.STREAMING,
)
_AGAINST = {
    DeploymentMode.BATCH: "answers would come with the next scheduled run",
    DeploymentMode.REAL_TIME: "a service has to run all the time, and be reached",
    DeploymentMode.STREAMING: "it needs a stream of events and something that works on it all day",
    DeploymentMode.EDGE: "every device needs the model, and each new version of it",
}


def recommend(
    latency: str = "", volume: str = "", connectivity: str = "", device: str = ""
) -> DeploymentAdvice:
    """Return how a model should be put to use.

    Args:
        latency: How soon answers are needed, in the person's words.
        volume: How much there is to predict.
        connectivity: Whether a service can be reached.
        device: On what it is to run.
    """
    said = {
        "latency": latency,
        "volume": volume,
        "connectivity": connectivity,
        "device": device,
    }
    weights = dict.fromkeys(_SIMPLEST, 0.0)
    why: dict[DeploymentMode, list[str]] = {mode: [] for mode in _SIMPLEST}
    understood = {}
    for argument, words in said.items():
        sign = _sign(argument, words)
        if sign is not None:
            weights[sign.mode] += sign.weight
            why[sign.mode].append(f"{sign.why} (“{words.strip()}”)")
            understood[argument] = sign.why
        elif words.strip():
            understood[argument] = "not understood"
    mode = max(_SIMPLEST, key=lambda one: (weights[one], -_SIMPLEST.index(one)))
    reasons = tuple(why[mode]) or ("nothing was said that needs more than the simplest way",)
    return DeploymentAdvice(
        mode=mode,
        why=reasons,
        why_not={
            other: _AGAINST[other] + (f", though {why[other][0]}" if why[other] else "")
            for other in _SIMPLEST
            if other is not mode
        },
        understood=understood,
        unknown=tuple(argument for argument, words in said.items() if not words.strip()),
        available=mode in AVAILABLE,
        instead=INSTEAD.get(mode, ""),
    )


def _sign(argument: str, words: str) -> _Sign | None:
    """Return the strongest sign in what was said; where two are equally strong, the first."""
    lowered = words.casefold()
    fitting = [sign for sign in _SIGNS[argument] if re.search(sign.pattern, lowered)]
    if not fitting:
        return None
    # "Not urgent" and "within a day" hold words of haste too: what can wait is said on purpose.
    waits = [sign for sign in fitting if sign.mode is DeploymentMode.BATCH]
    if argument == "latency" and waits and re.search(r"\b(?:not|no|hour|day|week|month)", lowered):
        return waits[0]
    return max(fitting, key=lambda sign: sign.weight)
