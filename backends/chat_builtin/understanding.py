"""From a person's words to calls, questions and refusals."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backends.chat_builtin import referring, remarks
from backends.chat_builtin.classifier import IntentClassifier
from backends.chat_builtin.commands import read_command
from backends.chat_builtin.concepts import concepts_in
from backends.chat_builtin.decisions import Call, Question, Remark
from backends.chat_builtin.evidence import (
    TAKES_ONE,
    is_about_ours,
    names_ours,
    says_to_change,
    spoken_kind,
    weighed,
)
from backends.chat_builtin.features import normal_form
from backends.chat_builtin.interview import TOOL, answer_in
from backends.chat_builtin.learned import NOTHING_LEARNED, Learned
from backends.chat_builtin.mentions import spelt_out
from backends.chat_builtin.moving import moved
from backends.chat_builtin.naming import kinds_in
from backends.chat_builtin.reading import (
    INQUIRY,
    SURE_ENOUGH,
    SURE_ENOUGH_TO_CHANGE,
    WISH,
    Reading,
    chosen,
    forbids,
    tilted,
    unsure,
)
from backends.chat_builtin.references import VERSION, run_in
from backends.chat_builtin.repeating import CLEARLY, FEW_WORDS, again, refined, repeated
from backends.chat_builtin.skills import (
    CHANGES,
    UNDERSTOOD,
    Arguments,
    Missing,
    arguments_for,
)
from backends.chat_builtin.skills.objects import plots_in
from backends.chat_builtin.snapshot import Snapshot
from backends.chat_builtin.steps import ORDER, Condition, each, split
from core.examples import Example, Examples
from core.focus import Focus
from core.runs import RunState
from core.world import World

__all__ = ["CHANGES", "Call", "Question", "Remark", "Understanding"]

NEW_NAME = re.compile(r"(?<![\w./-])[a-z]\w*(?:-\w+)+(?![\w/.-])")
"""Something new is mostly called by words with hyphens."""
NO_FOCUS = Focus()
"""A conversation that has spoken of nothing yet."""
BEYOND_DOUBT = 0.95
"""Probability from which an answer to our question is taken for another wish."""
CLEARLY_ABSENT = 0.5
"""Probability from which a request is taken to be for a tool that is not there."""
TO_HERE = 4.0
"""How much likelier a download is where a stored object is to go to a path of this machine."""
_TO_HERE = re.compile(r"\b(?:to|into|as|in)\s+(?:~|\.{1,2})?/\w", re.I)
TERSE = 3
"""So few words may be the name of a trouble: "OOMKilled"."""
UNLIKELY = 0.25
"""Probability below which a question is rather one for the documentation than for a tool."""
STRANGE = 0.3
"""Share of unknown words from which a question is rather one for the documentation."""
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
_WHO = re.compile(r"\W*(?:who|whom|whose)\b", re.I)
_NOBODY = frozenset("list_schedules list_runs describe_run list_deployments watch_run".split())
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
_FRESH = re.compile(
    r"\W*(?:show|list|what|which|how|why|start|run|stop|describe|delete|tell|give|compare|can|could"
    r"|please|is|are|do|does|predict|who|when|where)\b",
    re.I,
)
"""How a wish of its own begins."""
_IT = re.compile(r"\b(?:it|its|that|this|them|those|these|one|ones)\b", re.I)
_NOTE = re.compile(r"\s\([^()]*\)\s*$")
_OF_BOTH = re.compile(
    r"\bchalleng\w+\b.*\b(?:beats?|better|worse|against|vs|versus|than|compar\w+)\b.*\bchampion"
    r"|\bchampion\b.*\b(?:beats?|better|worse|against|vs|versus|than|compar\w+)\b.*\bchalleng"
    r"|\bcompar\w+\b.*\bchampion\b.*\bchalleng|\bcompar\w+\b.*\bchalleng\w+\b.*\bchampion",
    re.I,
)
_OF_VERSIONS = frozenset({"describe_model", "compare_runs", "read_metrics", "check_drift"})


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
        if len(typed.split()) < 3 and not _FRESH.match(typed):
            return request
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

    def changes(self, wish: str, focus: Focus) -> bool:
        """Tell whether a wish is for a tool that changes something."""
        reading = self._reading(self.named(wish, focus), focus)
        return reading.top in CHANGES and reading.shares[reading.top] >= SURE_ENOUGH_TO_CHANGE

    def steps(self, text: str, focus: Focus = NO_FOCUS) -> Sequence[str]:
        """Split a message into the parts that ask for something of their own."""
        if again := moved(text, focus, self.world.timetable()):
            return again

        def best(part: str) -> tuple[str, float]:
            shares = self._reading(part, Focus()).shares
            return next(iter(shares.items()))

        return [one for step in split(text, best) for one in self._each(step)]

    def _each(self, step: str) -> Sequence[str]:
        reading = self._reading(step, Focus())
        if reading.top in {"create_experiment", "create_bucket"}:
            return each(step, NEW_NAME.findall(step))
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
        asked = text if among is None else _NOTE.sub("", text)
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
        if at_once := referring.said_of_the_last(asked, focus):
            return self._call(at_once, asked, focus)
        if meant := referring.correction_in(asked):
            return self._corrected(meant, focus)
        asked = self.named(asked, focus)
        reading = self._reading(asked, focus)
        if once_more := again(reading, focus, self._call) or refined(reading, focus, self._call):
            return once_more
        return self._refused(reading, there) or self._decided(reading, there, focus)

    def _decided(self, reading: Reading, there: frozenset[str], focus: Focus) -> Call | Question:
        if _OF_BOTH.search(reading.text) and reading.top in _OF_VERSIONS:
            return Call(text=reading.text, tool="list_models", arguments={})
        within = {tool: share for tool, share in reading.shares.items() if tool in there}
        who = _WHO.match(reading.text) and reading.top in _NOBODY
        if self._strange(reading) or (who and self.world.documented(reading.text)):
            return self._looked_up(reading)
        tool = chosen(replace(reading, shares=within))
        normal = normal_form(reading.text, reading.kinds)
        said = tool not in CHANGES or says_to_change(normal, tool, within.get(tool, 0.0))
        if reading.top not in there or unsure(tool, reading.shares) or not said:
            wished = reading.top in CHANGES and WISH.match(reading.text)
            if (self._general(reading) and not wished) or self._documented(reading):
                return self._looked_up(reading)
            return Question(text=remarks.guess(list(within)[:3]))
        call = self._call(tool, reading.text, focus)
        if isinstance(call, Question) and tool not in CHANGES and self._in_general(reading):
            return self._looked_up(reading)
        return call

    def _strange(self, reading: Reading) -> bool:
        """Tell whether a general question has words in it that no request for a tool has."""
        sure = reading.shares[reading.top] >= CLEARLY or reading.kinds
        return not sure and self._general(reading) and self._foreign(reading.text) >= STRANGE

    def _documented(self, reading: Reading) -> bool:
        """Tell whether a question that names nothing of ours stands in the documentation."""
        text = reading.text
        asks = "?" in text or _GENERAL.search(text) or reading.top == "search_docs"
        asks = asks or len(text.split()) <= TERSE
        if not asks or reading.kinds or ORDER.match(text) or "elsewhere" in concepts_in(text):
            return False
        likely = reading.top not in {"none", "search_docs"} and reading.shares[reading.top]
        return (not likely or likely < UNLIKELY) and self.world.documented(text)

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
        if re.search(r"\btrigger", text, re.I) and not re.search(r"\bschedul", text, re.I):
            for tool in ("pause_trigger", "resume_trigger", "delete_trigger"):
                shares = tilted(shares, tool, TO_HERE)
        if _TO_HERE.search(text) and "object" in kinds.values():
            shares = tilted(shares, "download_object", TO_HERE)
        about = spoken_kind(focus) if _IT.search(text) else ""
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
            return repeated(reading, focus, self._call)
        return self.read(meant, focus)

    def _refused(self, reading: Reading, there: frozenset[str]) -> Remark | None:
        top, share = next(iter(reading.shares.items()))
        if top == "none" and share >= SURE_ENOUGH:
            doubtful = share < BEYOND_DOUBT and self._documented(reading)
            return None if doubtful else Remark(text=remarks.decline(reading.text))
        missing = top not in there and top != "none" and share >= CLEARLY_ABSENT
        if missing and not _GENERAL.search(reading.text):
            return Remark(text=remarks.absent(top))
        normal = normal_form(reading.text, reading.kinds)
        foreign = "elsewhere" in concepts_in(normal) and not names_ours(normal)
        if top in CHANGES and (foreign or not is_about_ours(normal)):
            return Remark(text=remarks.decline(reading.text))
        if top in CHANGES and forbids(reading.text, top) and not INQUIRY.match(reading.text):
            return Remark(text=remarks.NOT_DONE)
        return None

    def _general(self, reading: Reading) -> bool:
        """Tell whether a question is about how things are in general, not about things here."""
        general = _GENERAL.search(reading.text) and not _ADVICE.search(reading.text)
        return bool(general) and "xx" not in normal_form(reading.text, reading.kinds)
