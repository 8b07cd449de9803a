"""From a person's words to calls, questions and refusals."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backends.chat_builtin import referring, remarks
from backends.chat_builtin.classifier import IntentClassifier
from backends.chat_builtin.commands import read_command
from backends.chat_builtin.decisions import Call, Question, Remark
from backends.chat_builtin.evidence import (
    KIND_OF,
    TAKES,
    TAKES_ONE,
    is_about_ours,
    says_to_change,
    weighed,
)
from backends.chat_builtin.features import PLACEHOLDER, normal_form
from backends.chat_builtin.interview import TOOL, answer_in
from backends.chat_builtin.learned import NOTHING_LEARNED, Learned
from backends.chat_builtin.mentions import spelt_out
from backends.chat_builtin.naming import kinds_in
from backends.chat_builtin.reading import (
    HOLDS,
    INQUIRY,
    NOT,
    SURE_ENOUGH,
    WISH,
    Reading,
    chosen,
    tilted,
    unsure,
)
from backends.chat_builtin.references import VERSION, run_in
from backends.chat_builtin.skills import (
    CHANGES,
    UNDERSTOOD,
    Arguments,
    Missing,
    arguments_for,
)
from backends.chat_builtin.skills.objects import plots_in
from backends.chat_builtin.snapshot import Snapshot
from backends.chat_builtin.steps import Condition, each, split
from core.examples import Example, Examples
from core.focus import Focus
from core.runs import RunState
from core.world import World

__all__ = ["CHANGES", "Call", "Question", "Remark", "Understanding"]

FEW_WORDS = 8
"""A message no longer than this can ask for the last thing again, of something else."""
CLEARLY = 0.8
"""Probability from which a request is not taken for a repetition of the last one."""
BEYOND_DOUBT = 0.95
"""Probability from which an answer to our question is taken for another wish."""
CLEARLY_ABSENT = 0.5
"""Probability from which a request is taken to be for a tool that is not there."""
FOREIGN = 4.0
"""How much likelier a request all in words of other fields is to be none of ours."""

_GENERAL = re.compile(
    r"^\W*(?:and\s+|but\s+|so\s+)?(?:what|whats|why|how|which|when|where|who|in (?:which|what"
    r"|general|short|one|two)"
    r"|explain"
    r"|is it|are there|does|do|can|should|define|tell me (?:about|why|how))\b"
    r"|\bdiffer\w*|\bdiffrence\b|\bmean(?:s|ing)?\b|\bvs\.?\b",
    re.I,
)
_LEFT_OPEN = re.compile(
    r"\b(?:the|my|our|this|that|its|it|a|an) (?:\w+ )?(?:pipeline|run|file|table|bucket|model"
    r"|schedule"
    r"|experiment|object|job|phase|project|folder|document|plot|data)\b|^\W*(?:can|could|do|does"
    r"|is)\b",
    re.I,
)
"""A thing of ours that is not named."""
_ADVICE = re.compile(
    r"\b(?:stack|toolchain|tool chain|tools?|platform|recommend\w*|suggest\w*|suits?"
    r"|should (?:i|we) use)\b",
    re.I,
)
_AGAIN = re.compile(
    r"\W*(?:sorry|no|i meant?|and|same|also|now|then|what (?:about|if)|how about|the same"
    r"|again for|ditto|but|with|for|in)\b",
    re.I,
)
_FRESH = re.compile(
    r"\W*(?:show|list|what|which|how|why|start|run|stop|describe|delete|tell|give|compare|can|could"
    r"|please|is|are|do|does|predict|who|when|where)\b",
    re.I,
)
"""How a wish of its own begins."""
_IT = re.compile(r"\b(?:it|its|that|this|them|those|these|one|ones)\b", re.I)
_NOTE = re.compile(r"\s\([^()]*\)\s*$")
_SAYS = re.compile(
    r"\b(?!(?:and|for|of|the|what|how|about|now|then|in|on|with|from|but|also|same|please|pls|or|one"
    r"|ok|to|at|by|a)\b)[a-z]+"
)
"""A word that says something beside a name."""
_OF_NOTHING = frozenset(
    "list_pipelines list_buckets list_models list_schedules list_triggers list_deployments"
    " list_experiments list_sources".split()
)
"""Tools that a name alone does not ask for again."""
_REFERENCES = frozenset(
    "run runs bucket key pipeline model version schedule trigger deployment source experiment path"
    " project query cursor name search".split()
)
"""Arguments that say of what; the others say how, and are kept when it is asked for again."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """Reads requests with a classifier, against what exists."""

    classifier: IntentClassifier
    world: World
    examples: Examples | None = None
    """What the person taught, if that is kept anywhere."""
    learned: Learned = NOTHING_LEARNED

    def now(self) -> "Understanding":
        """Return an understanding of what exists at this moment, which looks at each thing once."""
        world = Snapshot(self.world)
        taught = self.examples.list() if self.examples else ()
        learned = [(normal_form(one.text, kinds_in(one.text, world)), one.tool) for one in taught]
        return replace(self, world=world, learned=Learned(learned))

    def whole(self, request: str, about: str, typed: str, focus: Focus) -> str:
        """Return the request as a whole, after a question of ours: its answer, or another wish.

        Args:
            request: The answer joined with what our question was about.
            about: What our question was about; empty when we asked nothing.
            typed: The answer as it was typed.
            focus: What the conversation is about.
        """
        if not about or request == typed:
            return request
        fresh = self._reading(self.named(typed, focus), focus)
        tool, share = next(iter(fresh.shares.items()))
        old = self._reading(about, focus).top
        needed = CLEARLY if _FRESH.match(typed) else BEYOND_DOUBT
        return typed if tool not in {old, "none"} and share >= needed else request

    def hinders(self, condition: Condition, step: str, focus: Focus) -> str:
        """Return why the condition of a step does not hold; empty when it does or nobody knows."""
        name = run_in(step.removesuffix(condition.rest), self.world, Focus(), "") or focus.run
        run = next((one for one in self.world.recent_runs() if name in {one.id, one.name}), None)
        if run is None:
            return ""
        if (run.state is RunState.FAILED) == condition.wants_failure and run.state.ended:
            return ""
        return f"Run `{run.name}` is {run.state}"

    def remember(self, lesson: Example) -> str:
        """Keep what a correction taught and say so.

        Raises:
            UnavailableError: It cannot be written.
        """
        if self.examples is None:
            return remarks.NOTHING_KEPT
        self.examples.add(lesson)
        return remarks.kept(lesson.text, lesson.tool)

    def named(self, text: str, focus: Focus) -> str:
        """Return a text in which the things that it speaks of are called by their names."""
        return spelt_out(referring.put_in(text, focus, self.world), focus, self.world)

    def steps(self, text: str) -> Sequence[str]:
        """Split a message into the parts that ask for something of their own."""

        def best(part: str) -> tuple[str, float]:
            shares = self._reading(part, Focus()).shares
            return next(iter(shares.items()))

        return [one for step in split(text, best) for one in self._each(step)]

    def _each(self, step: str) -> Sequence[str]:
        reading = self._reading(step, Focus())
        if reading.top == "describe_model":
            return each(step, VERSION.findall(step))
        if reading.top == "show_plot" and len(plots := plots_in(step)) > 1:
            return each(step, plots)
        kind = TAKES_ONE.get(reading.top, "")
        return each(step, [name for name, is_a in reading.kinds.items() if is_a == kind])

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
        there = (self.world.tools() if among is None else among) & UNDERSTOOD
        if command := read_command(asked, there):
            return Call(text=text, tool=command[0], arguments=command[1])
        if among is not None:
            reading = self._reading(asked, focus, among=there)
            return self._call(chosen(reading), self._mended(text), focus)
        if remarks.asks_for_help(asked):
            return Remark(text=remarks.WHAT_I_DO)
        if told := answer_in(asked, focus):
            return Call(text=text, tool=TOOL, arguments=told)
        if undone := referring.undoes(asked, focus):
            return self._call(undone, asked, focus)
        if meant := referring.correction_in(asked):
            return self._corrected(meant, focus)
        asked = self.named(asked, focus)
        reading = self._reading(asked, focus)
        if again := self._again(reading, focus):
            return again
        return self._refused(reading, there) or self._decided(reading, there, focus)

    def _decided(self, reading: Reading, there: frozenset[str], focus: Focus) -> Call | Question:
        within = {tool: share for tool, share in reading.shares.items() if tool in there}
        tool = chosen(replace(reading, shares=within))
        normal = normal_form(reading.text, reading.kinds)
        said = tool not in CHANGES or says_to_change(normal, tool, within.get(tool, 0.0))
        if reading.top not in there or unsure(tool, reading.shares) or not said:
            wished = reading.top in CHANGES and WISH.match(reading.text)
            if self._general(reading) and not wished:
                return self._looked_up(reading)
            return Question(text=remarks.guess(list(within)[:3]))
        call = self._call(tool, reading.text, focus)
        if isinstance(call, Question) and tool not in CHANGES and self._in_general(reading):
            return self._looked_up(reading)
        return call

    def _looked_up(self, reading: Reading) -> Call:
        query: Arguments = {"query": reading.text.strip()}
        return Call(text=reading.text, tool="search_docs", arguments=query)

    def _in_general(self, reading: Reading) -> bool:
        """Tell whether a question is about no thing of ours, not even one that it leaves open."""
        return self._general(reading) and not _LEFT_OPEN.search(reading.text)

    def _mended(self, text: str) -> str:
        return self.classifier.spelling.mended(text, kinds_in(text, self.world))

    def _reading(self, text: str, focus: Focus, among: frozenset[str] | None = None) -> Reading:
        kinds = kinds_in(text, self.world)
        mended = self.classifier.spelling.mended(text, kinds)
        shares = self.classifier.probabilities(mended, kinds, among=among)
        shares = self.learned.weighed(normal_form(mended, kinds), shares)
        if "none" in shares and not kinds:
            foreign = self._foreign(mended)
            shares = tilted(shares, "none", 1 + (FOREIGN - 1) * foreign)
        about = _spoken_of(focus) if _IT.search(text) else ""
        return Reading(mended, kinds, weighed(shares, frozenset(kinds.values()), about))

    def _foreign(self, text: str) -> float:
        """Return the share of a request's longer words that no example knows."""
        words = [word for word in re.findall(r"[a-z]{4,}", normal_form(text)) if word[:2] != "xx"]
        known = self.classifier.spelling.known
        strange = [word for word in words if word not in known and word.rstrip("s") not in known]
        return len(strange) / len(words) if words else 0.0

    def _call(self, tool: str, text: str, focus: Focus) -> Call | Question:
        arguments = arguments_for(tool, text, self.world, focus)
        if isinstance(arguments, Missing):
            return Question(text=arguments.question)
        reading = Reading(text, kinds_in(text, self.world), {tool: 1.0})
        if tool == "recommend_toolchain" and not arguments and self._general(reading):
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

    def _corrected(self, meant: str, focus: Focus) -> Call | Question | Remark:
        """Read what was meant instead: a request of its own, or the last one of something else."""
        meant = self.named(meant, focus)
        reading = self._reading(meant, focus)
        short = len(meant.split()) <= FEW_WORDS
        if focus.tool in UNDERSTOOD and short and reading.shares[reading.top] < CLEARLY:
            return self._repeated(reading, focus)
        return self.read(meant, focus)

    def _again(self, reading: Reading, focus: Focus) -> Call | Question | None:
        """Return the last call of something else, for a few words such as "and nightly-0511?"."""
        if focus.tool not in UNDERSTOOD - _OF_NOTHING:
            return None
        text = reading.text
        same = referring.says_the_same(text)
        if focus.tool in CHANGES and not same:
            return None
        bare = not _SAYS.search(PLACEHOLDER.sub("", normal_form(text, reading.kinds)))
        few = len(text.split()) <= FEW_WORDS and _AGAIN.match(text)
        if not (bare or few or same):
            return None
        kinds = set(reading.kinds.values())
        if kinds and not any(focus.tool in TAKES.get(kind, ()) for kind in kinds):
            return None
        others = [share for tool, share in reading.shares.items() if tool != focus.tool]
        if not (bare or referring.insists(text)) and max(others, default=0) >= CLEARLY:
            return None
        return self._repeated(reading, focus)

    def _repeated(self, reading: Reading, focus: Focus) -> Call | Question:
        """Return the last call with what a few words change in it."""
        read = self._call(focus.tool, reading.text, focus)
        before: Arguments = json.loads(focus.arguments) if focus.arguments else {}
        if not isinstance(read, Call) or read.tool != focus.tool:
            return read
        # A run that is started again stays in its experiment.
        of_what = _REFERENCES - ({"experiment"} if read.tool == "start_run" else set())
        kept = {name: value for name, value in before.items() if name not in of_what}
        merged = {**kept, **read.arguments}
        for name, value in read.arguments.items():
            earlier = before.get(name)
            if isinstance(value, dict) and isinstance(earlier, dict):
                merged[name] = {**earlier, **value}
        return replace(read, arguments={n: v for n, v in merged.items() if v not in (None, "")})

    def _refused(self, reading: Reading, there: frozenset[str]) -> Remark | None:
        top, share = next(iter(reading.shares.items()))
        if top == "none" and share >= SURE_ENOUGH:
            return Remark(text=remarks.decline(reading.text))
        missing = top not in there and top != "none" and share >= CLEARLY_ABSENT
        if missing and not _GENERAL.search(reading.text):
            return Remark(text=remarks.absent(top))
        normal = normal_form(reading.text, reading.kinds)
        if top in CHANGES and not is_about_ours(normal):
            return Remark(text=remarks.decline(reading.text))
        wants = NOT.search(reading.text) and not INQUIRY.match(reading.text)
        if top in CHANGES and wants and top not in HOLDS:
            return Remark(text=remarks.NOT_DONE)
        return None

    def _general(self, reading: Reading) -> bool:
        """Tell whether a question is about how things are in general, not about things here."""
        general = _GENERAL.search(reading.text) and not _ADVICE.search(reading.text)
        return bool(general) and "xx" not in normal_form(reading.text, reading.kinds)


def _spoken_of(focus: Focus) -> str:
    """Return the kind of thing that "it" stands for; empty when that is not clear."""
    if focus.tool in KIND_OF or focus.run or focus.key:
        return KIND_OF.get(focus.tool, "")
    if focus.schedule:
        return "schedule"
    return "deployment" if focus.deployment else "pipeline" if focus.pipeline else ""
