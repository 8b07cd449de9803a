"""From a person's words to calls, questions and refusals."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backends.chat_builtin.classifier import IntentClassifier
from backends.chat_builtin.features import normal_form
from backends.chat_builtin.references import names_of, unknown_pipeline
from backends.chat_builtin.skills import (
    CHANGES,
    SKILLS,
    UNDERSTOOD,
    Arguments,
    Missing,
    arguments_for,
)
from backends.chat_builtin.words import settings
from core.focus import Focus
from core.runs import RunState
from core.world import World

SURE_ENOUGH = 0.34
"""Probability from which a tool that only reads is called without asking back."""
SURE_ENOUGH_TO_CHANGE = 0.6
"""Probability from which a tool that changes something is proposed."""
FEW_WORDS = 4
"""Parts of a message no longer than this are split off only when they are clear."""
CLEARLY = 0.85
"""Probability from which a request is not taken for a repetition of the last one."""
CLEARLY_ABSENT = 0.5
"""Probability from which a request is taken to be for a tool that is not there."""
START_RUN = frozenset({"pipeline", "parameters", "experiment", "name", "use_cache"})
"""The arguments of `start_run`; what else is given beside them is meant for the pipeline."""

_VERBS = (
    "show tell list give describe start run train retrain stop cancel watch let which what how who"
    " read open preview predict recommend explain compare plot draw say notify ping find search"
    " display see get check is did does fetch"
).replace(" ", "|")
_BREAK = re.compile(
    rf"\s*(?:[.?!;]\s+(?:and\s+)?(?:then\s+)?|,?\s+and\s+(?:then|afterwards|after that)\s+"
    rf"|,?\s+then\s+|,?\s+and\s+(?:please\s+)?(?=(?:{_VERBS})\s+\w)|,\s+(?=(?:{_VERBS})\s+\w))",
    re.I,
)
_INQUIRY = re.compile(
    r"\W*(?:what|which|how|why|where|when|who|is|are|does|do|did|was|were)\b", re.I
)
_GENERAL = re.compile(
    r"^\W*(?:and\s+|but\s+|so\s+)?(?:what|whats|why|how|which|when|where|who|in which|explain"
    r"|is it|are there|does|do|can|should|tell me (?:about|why|how))\b"
    r"|\bdiffer\w*|\bdiffrence\b|\bmean(?:s|ing)?\b|\bvs\.?\b",
    re.I,
)
_ADVICE = re.compile(
    r"\b(?:stack|toolchain|tool chain|tools?|platform|recommend\w*|suggest\w*|suits?"
    r"|should (?:i|we) use)\b",
    re.I,
)
_AGAIN = re.compile(
    r"\W*(?:sorry|no|i meant?|and|same|also|now|then|what (?:about|if)|how about|the same"
    r"|again for|ditto)\b",
    re.I,
)
_NOT = re.compile(r"\b(?:do not|don't|dont|never|must not|should not|shouldn't)\b", re.I)
_NOTE = re.compile(r"\s\([^()]*\)\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool to call for a step of the request."""

    text: str
    tool: str
    arguments: Arguments


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to ask back; it ends the turn."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something to say instead of calling a tool."""

    text: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """Reads requests with a classifier, against what exists."""

    classifier: IntentClassifier
    world: World

    def steps(self, text: str) -> Sequence[str]:
        """Split a message into the parts that ask for something of their own."""
        starts = [0, *(found.end() for found in _BREAK.finditer(text))]
        ends = [*(found.start() for found in _BREAK.finditer(text)), len(text)]
        spans: list[tuple[int, int]] = []
        tools: list[str] = []
        for start, end in zip(starts, ends, strict=True):
            if not text[start:end].strip(" ,.?!"):
                continue
            tool, share = self._best(text[start:end])
            if spans and not _stands_alone(text[start:end], tool, share, tools[-1]):
                spans[-1] = (spans[-1][0], end)
            elif spans and tools[-1] == "none":
                spans[-1], tools[-1] = (start, end), tool
            else:
                spans.append((start, end))
                tools.append(tool)
        return [text[start:end].strip(" ,") for start, end in spans] or [text]

    def _best(self, text: str) -> tuple[str, float]:
        shares = self.classifier.probabilities(text, self._names(text))
        return next(iter(shares.items()))

    def _names(self, text: str) -> Mapping[str, str]:
        """Return the kinds of names, with those that are only written like a name."""
        known = names_of(self.world)
        unknown = unknown_pipeline(text)
        return {unknown: "pipeline", **known} if "-" in unknown else known

    def read(
        self, text: str, focus: Focus, among: frozenset[str] | None = None
    ) -> Call | Question | Remark:
        """Return what to do about one step.

        Args:
            text: The step.
            focus: What the conversation is about.
            among: The tools to choose from; all that exist, if None.
        """
        asked = _NOTE.sub("", text)
        names = self._names(asked)
        there = (self.world.tools() if among is None else among) & UNDERSTOOD
        if among is None and _HELP.fullmatch(asked):
            return Remark(text=WHAT_I_DO)
        if command := read_command(asked, there):
            return command
        shares = _folded(self.classifier.probabilities(asked, names))
        top, share = next(iter(shares.items()))
        within = _folded(
            self.classifier.probabilities(asked, names, among=there | STAND_INS.keys())
        )
        tool = _chosen(asked, within)
        if among is None and (again := self._again(asked, focus, shares)):
            return self._call(again, text, focus)
        if among is None and (refused := _refused(asked, top, share, there)):
            return refused
        if among is None and (top not in there or self._unsure(tool, within[tool], shares)):
            if self._general(asked):
                return Call(text=text, tool="search_docs", arguments={"query": asked.strip()})
            return Question(text=_guess(list(within)[:3]))
        return self._call(tool, text, focus)

    def _call(self, tool: str, text: str, focus: Focus) -> Call | Question:
        arguments = arguments_for(tool, text, self.world, focus)
        if isinstance(arguments, Missing):
            return Question(text=arguments.question)
        if tool == "recommend_toolchain" and not arguments and self._general(text):
            return Call(text=text, tool="search_docs", arguments={"query": text.strip()})
        if tool == "read_metrics" and self._fruitless(str(arguments["run"])):
            return Call(text=text, tool="describe_run", arguments=arguments)
        return Call(text=text, tool=tool, arguments=arguments)

    def _fruitless(self, name: str) -> bool:
        """Tell whether a run has ended without anything to measure: its description says why."""
        lost = {RunState.FAILED, RunState.CANCELED}
        return any(
            name in {run.id, run.name} and run.state in lost for run in self.world.recent_runs()
        )

    def _again(self, asked: str, focus: Focus, shares: Mapping[str, float]) -> str:
        """Return the tool that a few words ask for once more: "and for nightly-0511?"."""
        short = len(asked.split()) <= 2 * FEW_WORDS and _AGAIN.match(asked)
        clear = max((s for t, s in shares.items() if t != focus.tool), default=0) >= CLEARLY
        return focus.tool if short and focus.tool in UNDERSTOOD - CHANGES and not clear else ""

    def _general(self, asked: str) -> bool:
        """Tell whether a question is about how things are in general, not about things here."""
        general = _GENERAL.search(asked) and not _ADVICE.search(asked)
        return bool(general) and "xx" not in normal_form(asked, self._names(asked))

    @staticmethod
    def _unsure(tool: str, share: float, shares: object) -> bool:
        overall = shares[tool] if isinstance(shares, dict) else share
        if tool in CHANGES:
            return overall < SURE_ENOUGH_TO_CHANGE
        return share < SURE_ENOUGH or overall < SURE_ENOUGH / 2


def read_command(text: str, there: frozenset[str]) -> Call | None:
    """Return the call that is written as one: `list_runs state=FAILED`, or with a JSON object."""
    tool, _, rest = text.strip().partition(" ")
    if tool not in there:
        return None
    try:
        given = json.loads(rest) if rest.lstrip().startswith("{") else _read_values(rest)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    if tool == "start_run" and (loose := given.keys() - START_RUN):
        given = {**given, "parameters": {name: given.pop(name) for name in sorted(loose)}}
    return Call(text=text, tool=tool, arguments=given)


def write_command(call: Call) -> str:
    """Return a call as a request that cannot be misread."""
    return f"{call.tool} {json.dumps(call.arguments)}" if call.arguments else call.tool


def _read_values(text: str) -> Arguments:
    values: Arguments = {}
    for name, value in settings(text).items():
        try:
            values[name] = json.loads(value)
        except ValueError:
            values[name] = value
    return values


def _chosen(asked: str, within: Mapping[str, float]) -> str:
    """Return the likeliest tool; neither a question nor a "do not" means to change something."""
    harmless = bool(_INQUIRY.match(asked) or _NOT.search(asked))
    return next(tool for tool in within if not (tool in CHANGES and harmless))


def _refused(asked: str, top: str, share: float, there: frozenset[str]) -> Remark | None:
    if top == "none" and share >= SURE_ENOUGH:
        return Remark(text=_decline(asked))
    if (
        top not in there
        and top != "none"
        and share >= CLEARLY_ABSENT
        and not _GENERAL.search(asked)
    ):
        return Remark(text=_absent(top))
    return None


def _folded(shares: Mapping[str, float]) -> Mapping[str, float]:
    """Give what belongs to a tool that is not there to the one that stands in for it."""
    folded: dict[str, float] = defaultdict(float)
    for tool, share in shares.items():
        folded[STAND_INS.get(tool, tool)] += share
    return dict(sorted(folded.items(), key=lambda item: -item[1]))


def _stands_alone(part: str, tool: str, share: float, before: str) -> bool:
    """Tell whether a part of a message asks for something of its own; a few words must be clear."""
    needed = SURE_ENOUGH if len(part.split()) > FEW_WORDS else SURE_ENOUGH_TO_CHANGE
    return tool not in {"none", before} and share >= needed


WHAT_I_DO = (
    "I run and watch the pipeline that predicts delays in construction projects, show its models,"
    " plots and files, answer from the documentation, predict a phase, and recommend an MLOps"
    " toolchain. For example: “what pipelines are there”, “train the delay models and tell me which"
    " is best”, “what stack would suit a team of three with images on AWS”."
)

STAND_INS: Mapping[str, str] = {}
"""Tools that answer for one that is not there."""

_HELP = re.compile(r"\W*(?:help(?: me)?|what can (?:you|i) (?:do|ask)(?: here)?)\W*", re.I)
_THANKS = re.compile(
    r"\b(?:thanks?|thx|thank you|great|nice|cool|perfect|ok(?:ay)?|awesome)\b", re.I
)
_HELLO = re.compile(r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon)|who are you)\b", re.I)
_BYE = re.compile(r"\b(?:bye|goodbye|see you)\b", re.I)


def _decline(text: str) -> str:
    if _BYE.search(text):
        return "Goodbye. Runs that were started go on."
    if _HELLO.search(text):
        return f"Hello, I am mlops-swarm. {WHAT_I_DO}"
    if _THANKS.search(text) and len(text.split()) < 6:
        return "You are welcome."
    return f"That is not what I am for: I help with machine-learning operations. {WHAT_I_DO}"


_NEAREST = {
    "describe_object": "preview the object",
    "trace_object": "list the artifacts of a run",
    "download_object": "say where an object is and preview it",
    "score_dataset": "predict one phase",
    "check_drift": "search the documentation about drift",
    "recommend_deployment": "search the documentation about deployment modes",
    "compare_platforms": "recommend a platform for a described project",
    "inspect_project": "recommend a toolchain for a described project",
    "assess_maturity": "search the documentation about MLOps principles",
    "promote_model": "show the registered models with their aliases",
}


def _absent(tool: str) -> str:
    what = tool.replace("_", " ")
    if tool in CHANGES:
        # It always exists, so only read-only mode can have taken it away.
        return (
            f"I cannot do that: this assistant is read-only, and “{what}” changes something."
            " Start it without read-only to allow changes, each after your approval."
        )
    nearest = _NEAREST.get(tool)
    return f"I cannot do that yet (“{what}” is not there in this version)." + (
        f" What I can do instead: {nearest}." if nearest else f" {WHAT_I_DO}"
    )


def _guess(tools: Sequence[str]) -> str:
    choices = [f"{number}. {SKILLS[tool].in_words}" for number, tool in enumerate(tools, start=1)]
    return "I am not sure what you mean. Shall I:\n\n" + "\n".join(choices) + "\n\nWhich one?"
