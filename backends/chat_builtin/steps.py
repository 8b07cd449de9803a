"""Where one wish in a message ends and the next begins."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_VERBS = (
    "show tell list give describe start run train retrain stop cancel watch let which what how who"
    " read open preview predict recommend explain compare plot draw say notify ping find search"
    " display see get check is did does fetch delete remove pause resume schedule upload download"
    " copy tag share promote roll rollback deploy package score trace create make add index export"
    " write inspect assess retry rerun abort kill put set move save print diagnose summarise"
    " summarize tail label mark send empty unpause enable disable launch kick trigger then also"
    " why where when are was were do has have can could would register bring take switch turn throw"
    " use apply undo revert grab pull push drop erase clear pack bundle serve shut wait peek"
    " archive zip remind wake hold freeze fetch rm bin wipe duplicate verify test analyse analyze"
    " switch flag inform cut record store score need i'd wrap swap update upgrade build compile"
    " register publish spin tear sort count roll try redo repeat"
).replace(" ", "|")
_BREAK = re.compile(
    rf"\s*(?:[?!]+\s+|(?<!\bvs)(?<!\be\.g)[.;]\s+|\n+)"
    rf"(?:(?:and|also|then|next|finally|afterwards|plus|but)\b,?\s+)*"
    rf"|\s+\+\s+(?=[a-z])"
    rf"|,?\s+(?:and\s+)?(?:then|afterwards|after that|after which"
    rf"|(?:once|when) (?:that|it)?(?:'s| is)?\s?(?:done|finished|ready|over),?"
    rf"|next(?=,|\s+(?:please\s+)?(?:{_VERBS})\b)|finally)\s+(?:please\s+)?"
    rf"|,?\s+plus\s+(?=(?:a|an|the|its)\s)"
    rf"|,\s+(?:and\s+)?(?=(?:the|its|their|also)\s)|\s+and\s+(?=(?:its|the list|the card"
    rf"|the log)\s)"
    rf"|,?\s+(?:and|plus|but|&)\s+(?:also\s+|please\s+|just\s+|kindly\s+)*"
    rf"(?=(?:{_VERBS})\b\s+\S|if\s)"
    rf"|,\s+(?:please\s+|also\s+|just\s+)?(?=(?:{_VERBS})\s+\w)|,\s+(?=if\s)",
    re.I,
)
_JOINED = re.compile(r"\s*(?:,\s+and|,|\band\b|&)\s*", re.I)
_SHARED = re.compile(r"\s(?:of|for|from|in)\s.+$", re.I)
_NAMES_ONE = re.compile(
    r"[a-z]-?\d|\w-\w|\b(?:last|latest|run|training|model|champion|challenger|it|that|nightly)\b",
    re.I,
)
"""Whether what two wishes share is a thing of its own."""
_NOT = re.compile(
    r"^\W*(?:please\s+|but\s+|and\s+|whatever you do,?\s+|you\s+)*(?:do not|don't|dont|never"
    r"|must not|mustn't|no need to|i do not want|i don't want|without (?:starting|changing"
    r"|deleting))\b",
    re.I,
)
_ASKS = (
    "what which how who why when where was were is are did does do has have can could would then"
)
ORDER = re.compile(
    r"\W*(?:(?:please|pls|can you|could you|would you|now|and|then|also|ok)\W+)*(?:"
    + "|".join(verb for verb in _VERBS.split("|") if verb not in _ASKS.split())
    + r")\b",
    re.I,
)
"""How a wish that is no question begins."""
_SAYS_HOW = re.compile(
    r"^\W*(?:and\s+|please\s+|pls\s+)*(?:describe|call|name|title)\s+(?:it|this|them)\s+(?:as\b|:|\w)"
    r"|^\W*(?:and\s+|please\s+)*(?:store|save|keep|write)\s+(?:as|under)\b"
    r"|^\W*(?:it|they|this|that)\s+(?:should|must|shall|has to|have to|needs? to|is to"
    r"|goes|belongs)\b"
    r"|^\W*(?:and\s+|please\s+)*(?:store|save|put|keep|write)\s+(?:it|that|them"
    r"|the results?|the output)"
    r"\s+(?:\w+\s+)?(?:as|under|into|in|to|beside|next to)\b"
    r"|^\W*(?:and\s+)?(?:tag|mark|set|label)\s+(?:it|them|that)\s+(?:so|accordingly"
    r"|like that|as such)\b",
    re.I,
)
_SAYS_WHERE = re.compile(
    r"^\W*(?:with|without|in|into|under|using|by|as|for|only|all|both|not)\b", re.I
)
_ASKS_FOR = re.compile(
    r"^\W*(?:and\s+|also\s+)*(?:what|which|how|who|why|when|where|is|are|does|do|can|could|should"
    r"|explain|tell|look|search|find|define|describe|whats|show)\b",
    re.I,
)
"""How a question for the documentation begins."""
"""How what only says how the wish before it is meant begins: "describe it as …"."""
_DESCRIBED = frozenset({"recommend_deployment", "recommend_toolchain", "predict_delay"})
"""Tools that are told how things are before they are asked for."""
_ASKED = re.compile(rf"\W*(?:please\s+|can you\s+|could you\s+)?(?:{_VERBS})\b", re.I)
"""How a wish or a question begins."""
_COURTESY = re.compile(
    r"^\W*(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening)|thanks|thank you|thx|ok|okay"
    r"|great|cool|nice|perfect|sorry|please|so|well|right|alright|yes|sure|fine|good"
    r"|hold on|wait|hi there|hello there|dear assistant|hey there)\W*$",
    re.I,
)
ARRIVES = re.compile(
    r"^\W*(?:(?:please|and|then|also)\s+)*(?:when(?:ever)?"
    r"(?! (?:was|were|is|are|did|do|does|has|have)\b)|every ?time|each time|any ?time"
    r"|as soon as|once|if|the moment|for (?:each|every)|each|every)\b.{0,80}?"
    r"\b(?:arrives?|arrived|lands?|landed|appears?|turns up|shows? up|comes? in|uploads?|puts?"
    r"|drops?|(?:is|are|gets?|will be) (?:uploaded|added|put|dropped|stored|placed|saved)"
    r"|new (?:file|object|table|csv|dataset|data|upload|plan|export)s?)\b",
    re.I,
)
"""What is to arrive before the wish that follows is carried out: both are one wish."""
FEW_WORDS = 4
"""Parts of a message no longer than this are split off only when they are clear."""
CLEAR, VERY_CLEAR = 0.34, 0.6
"""Probabilities from which a part is a wish of its own: long ones, short ones."""

_SEVERAL = frozenset({"show_plot"})
"""Tools that show one of several things of the same thing: two are two calls."""

Best = Callable[[str], tuple[str, float]]
"""Returns the likeliest tool of a text, and its probability."""


@dataclass(slots=True)
class _Part:
    start: int
    end: int
    tool: str
    share: float


def split(text: str, best: Best) -> Sequence[str]:
    """Return the parts of a message that ask for something of their own, in order.

    What must not be done is left out where something else is wished; so are greetings.

    Args:
        text: The message.
        best: Says what a part asks for.
    """
    parts: list[_Part] = []
    whole, sure = best(text)
    if whole == "none" and sure >= VERY_CLEAR:
        return [text]
    for start, end in _with_what_arrives(text, _spans(text)):
        words = text[start:end]
        if not words.strip(" ,.?!&") or _COURTESY.match(words):
            continue
        if _NOT.match(words) and len(_spans(text)) > 1:
            continue
        tool, share = best(words)
        if parts and not _stands_alone(words, tool, share, parts[-1].tool):
            parts[-1].end = end
        elif parts and (parts[-1].tool == "none" or _only_told(text, parts[-1])):
            parts[-1] = _Part(parts[-1].start if tool in _DESCRIBED else start, end, tool, share)
        elif (
            parts
            and parts[-1].share < VERY_CLEAR <= share
            and not _ASKED.match(text[parts[-1].start :])
        ):
            # What only tells how things are belongs to the wish that follows it.
            parts[-1] = _Part(parts[-1].start, end, tool, share)
        else:
            parts.append(_Part(start, end, tool, share))
    steps = [text[part.start : part.end].strip(" ,&\n") for part in parts]
    return [one for step in steps for one in _coordinated(step, best)] or [text]


def _only_told(text: str, part: _Part) -> bool:
    """Tell whether a part that could be looked up only tells how things are."""
    words = text[part.start : part.end]
    return part.tool == "search_docs" and not (_ASKS_FOR.match(words) or "?" in words)


def _with_what_arrives(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join what is to arrive with the wish that waits for it: "a file lands in x, score it"."""
    joined: list[tuple[int, int]] = []
    waits = False
    for start, end in spans:
        if waits:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
        words = text[start:end]
        begun = _ONLY_IF.match(words) and len(words.split()) <= FEW_WORDS + 2
        waits = not waits and bool(begun or ARRIVES.match(words))
    return joined


def _spans(text: str) -> list[tuple[int, int]]:
    found = list(_BREAK.finditer(text))
    starts = [0, *(one.end() for one in found)]
    ends = [*(one.start() for one in found), len(text)]
    return list(zip(starts, ends, strict=True))


def _stands_alone(part: str, tool: str, share: float, before: str) -> bool:
    """Tell whether a part of a message asks for something of its own; a few words must be clear."""
    needed = CLEAR if len(part.split()) > FEW_WORDS else VERY_CLEAR
    if _SAYS_HOW.match(part) or (_SAYS_WHERE.match(part) and len(part.split()) <= FEW_WORDS + 2):
        return False
    if tool == "search_docs" and not (_ASKS_FOR.match(part) or "?" in part):
        return False
    if re.match(r"\W*if\b", part, re.I):
        return tool != "none" and share >= CLEAR
    if tool == before:
        return False
    if _ASKED.match(part):
        needed = CLEAR
    elif re.match(r"\W*(?:the|its|their)\b", part, re.I):
        needed = VERY_CLEAR
    if before.startswith("compare_") and not _ASKED.match(part):
        return False
    return tool != "none" and share >= needed


def _coordinated(step: str, best: Best) -> Sequence[str]:
    """Split "logs and metrics of nightly-0512" where both ask for something, of the same thing."""
    for joint in _JOINED.finditer(step):
        left, right = step[: joint.start()].strip(), step[joint.end() :].strip()
        if not left or not right or len(right.split()) > 8:
            continue
        shared = _SHARED.search(f" {right}")
        if shared is None or not _NAMES_ONE.search(shared[0]) or _SHARED.search(f" {left}"):
            continue
        one = f"{left}{shared[0]}"
        (first, sure), (second, certain) = best(one), best(right)
        if first == "start_run" or _SAYS_HOW.match(right) or _ASKED.match(right):
            continue
        several = first != second or first in _SEVERAL
        if several and "none" not in (first, second) and min(sure, certain) >= VERY_CLEAR:
            return [one, right]
    return [step]


_ONLY_IF = re.compile(r"^\W*(?:and\s+|but\s+)?(?:if|in case)\b(?!.*\bthen\b)", re.I)
"""A condition, whose wish stands behind it."""
_CONDITION = re.compile(
    r"^\W*(?:and\s+|but\s+)?(?:if|in case)\s+"
    r"(?:it|that|this|the (?:last |latest )?\w+|so|not|yes|no|[\w-]+)?\s*(?:has|have|is|was|did"
    r"|does)?\s*(?P<not>not|n't|no)?\s*"
    r"(?P<how>fail\w*|broke\w*|crash\w*|red|succe\w*|work\w*|fine|ok|green|good|finish\w*|done"
    r"|end\w*|so|not|yes|running|still running)?\s*(?:,|then\b|:)\s*",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Condition:
    """What a step hangs on."""

    wants_failure: bool
    rest: str
    """The step itself."""


def condition_in(step: str) -> Condition | None:
    """Return the condition on how a run ended that a step begins with; None where it has none."""
    found = _CONDITION.match(step)
    if found is None or not found["how"] or not step[found.end() :].strip():
        return None
    how = found["how"].casefold()
    failed = how.startswith(("fail", "broke", "crash", "red"))
    if how.startswith(("so", "yes", "running", "still")):
        return None
    return Condition(wants_failure=failed != bool(found["not"]), rest=step[found.end() :].strip())


_JUDGED = re.compile(
    r"^(?P<wish>.+?),?\s+(?:but\s+)?(?:only\s+)?(?:if|in case)\s+(?P<that>.+)$"
    r"|^\W*(?:and\s+|but\s+)?(?:only\s+)?(?:if|in case)\s+(?P<this>.+?)(?:,"
    r"|\bthen\b)\s*(?P<then>.+)$",
    re.I,
)
_A_JUDGEMENT = re.compile(
    r"\b(?:beats?|better|higher|lower|worse|improv\w+|exceeds?|above|below|drift\w*|does|do|wins?"
    r"|outperform\w*|good enough|at least|more than|less than|over|under)\b",
    re.I,
)


def judged_in(step: str) -> str:
    """Return the wish of a step that hangs on a judgement: "promote it only if it is better"."""
    found = _JUDGED.match(step)
    if found is None or not _A_JUDGEMENT.search(found["that"] or found["this"]):
        return ""
    return str(found["wish"] or found["then"]).strip(" ,.?!")


_BETWEEN = re.compile(
    r"(?:\s|,|&|\band\b|\bor\b|\bof\b|\bfor\b|\bfrom\b|\bthe\b|\brun\b|\bfile\b|\balso\b"
    r"|\bas well as\b"
    r"|\bplus\b|\bschedule\b|\bpipeline\b|\bbucket\b)+",
    re.I,
)


def each(step: str, names: Sequence[str]) -> Sequence[str]:
    """Return a step for each of several names that stand side by side in it.

    Args:
        step: The step: "delete a.csv and b.csv".
        names: The names in it of which the tool takes one.
    """
    lowered = step.casefold()
    places = sorted((lowered.find(name.casefold()), name) for name in names)
    spans = [(at, at + len(name)) for at, name in places if at >= 0]
    if len(spans) < 2:
        return [step]
    gaps = [lowered[end:start] for (_, end), (start, _) in pairwise(spans)]
    before, after = step[: spans[0][0]], step[spans[-1][1] :]
    said = set(re.findall(r"\w+", before.casefold()))
    # "the metrics of A and the metrics of B" says again what stood before the first.
    gaps = [re.sub(r"\w+", lambda word: "" if word[0] in said else word[0], gap) for gap in gaps]
    if not all(_BETWEEN.fullmatch(gap) for gap in gaps):
        return [step]
    return [f"{before}{step[start:end]}{after}" for start, end in spans]
