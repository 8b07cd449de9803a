"""What "the second one", "the other one" and "no, I meant …" stand for."""

import re
from collections.abc import Sequence

from backends.chat_builtin.steps import ORDER
from core.focus import Focus
from core.world import World

_PLACES = {
    "first": 0,
    "1st": 0,
    "top": 0,
    "newest": 0,
    "newer": 0,
    "older": -1,
    "latest": 0,
    "most recent": 0,
    "second": 1,
    "2nd": 1,
    "third": 2,
    "3rd": 2,
    "fourth": 3,
    "4th": 3,
    "last": -1,
    "bottom": -1,
    "oldest": -1,
}
_ORDINAL = re.compile(
    r"\b(?:the\s+)?(?P<place>first|1st|second|2nd|third|3rd|fourth|4th|last|top|bottom|newest|newer|older"
    r"|latest"
    r"|most recent|oldest)\s+(?:one|of (?:them|these|those)|in the list|on the list)\b",
    re.I,
)
_WORDED = re.compile(r"\bthe (?P<word>[a-z]{3,}|\d{4}) (?:one|run|file|thing)\b", re.I)
_NUMBERED = re.compile(r"\b(?:number|no\.?|#)\s*(?P<number>\d{1,2})\b", re.I)
_USES_VERSION = re.compile(r"\b(?:champion|challenger|promot\w+|deploy|package|pack)\b", re.I)
_IT_ALONE = re.compile(r"\b(?:it|that one|this one|that version|this version)\b", re.I)
_THERE = re.compile(r"\b(?:over )?(?<!is )(?<!are )there\W*$", re.I)
_OTHER = re.compile(r"\bthe other(?: one| run| file| schedule| version)?\b", re.I)
_BOTH = re.compile(
    r"\b(?:both(?: of (?:them|these))?|these two|those two|the two(?: of them)?|them)\b", re.I
)
_TOGETHER = re.compile(r"\bcompar\w+|\bbetter\b|\bboth\b|\bdiffer", re.I)
_PREVIOUS = re.compile(
    r"\bthe (?:(?:one|run) )?(?:before (?:it|that|this)|before|previous one|one before)\b"
    r"(?!\s+\w+ing)",
    re.I,
)
MOST_TOGETHER = 4


def put_in(text: str, focus: Focus, world: World) -> str:
    """Return a request with the names put in that a list or a comparison gave before."""
    listed = focus.listed.splitlines()
    if listed:
        text = _ORDINAL.sub(lambda found: _at(listed, _PLACES[found["place"].lower()], found), text)
        text = _WORDED.sub(lambda found: _with_word(listed, found), text)
        text = _NUMBERED.sub(lambda found: _at(listed, int(found["number"]) - 1, found), text)
    if focus.bucket and _THERE.search(text):
        text = _THERE.sub(f"to {focus.bucket}", text)
    version = focus.model.partition(":")[2]
    if version and _USES_VERSION.search(text):
        text = _IT_ALONE.sub(f"version {version}", text, count=1)
    if _OTHER.search(text) and (other := _other(focus, listed, world)):
        text = _OTHER.sub(other, text)
    if 2 <= len(listed) <= MOST_TOGETHER and _TOGETHER.search(text):
        text = _BOTH.sub(" and ".join(listed), text)
    if focus.run and _PREVIOUS.search(text) and (earlier := _before(focus.run, world)):
        text = _PREVIOUS.sub(earlier, text)
    return text


def _with_word(listed: Sequence[str], found: re.Match[str]) -> str:
    """Return the one thing of a list whose name has a word: "the drift one"."""
    word = found["word"].casefold()
    fitting = [name for name in listed if word in re.split(r"[^a-z0-9]+", name.casefold())]
    return fitting[0] if len(fitting) == 1 else found[0]


def _at(listed: Sequence[str], place: int, found: re.Match[str]) -> str:
    return listed[place] if -len(listed) <= place < len(listed) else found[0]


def _other(focus: Focus, listed: Sequence[str], world: World) -> str:
    """Return what stands beside the thing that was spoken of, where that is one thing only."""
    names = {run.id: run.name for run in world.recent_runs()}
    spoken = {
        names.get(focus.run, focus.run),
        focus.schedule,
        focus.deployment,
        f"{focus.bucket}/{focus.key}",
    }
    left = [name for name in listed if name not in spoken]
    if len(left) == 1 and len(listed) > 1:
        return left[0]
    beside = [name for name in world.schedules() if name != focus.schedule]
    if focus.tool.endswith("schedule") and len(beside) == 1:
        return beside[0]
    return ""


def _before(run: str, world: World) -> str:
    """Return the name of the run of the same pipeline that began before another one."""
    runs = world.recent_runs()
    at = next((i for i, one in enumerate(runs) if run in {one.id, one.name}), None)
    if at is None:
        return ""
    family = runs[at].name.partition("-")[0]
    earlier = [one for one in runs[at + 1 :] if one.pipeline == runs[at].pipeline]
    alike = [one for one in earlier if one.name.partition("-")[0] == family]
    return next((one.name for one in [*alike, *earlier]), "")


_CORRECTION = re.compile(
    r"^\W*(?:(?:wait|no|nope|sorry|oops|not like (?:that|this)|not (?:that|this)(?: one)?"
    r"|wrong(?: one)?"
    r"|that'?s (?:not (?:it|right|what i meant?)|wrong))(?!-)\W+)+"
    r"|^\W*(?:i (?:meant?|wanted)|rather|instead)\b\W*(?:to say\b)?",
    re.I,
)
_MEANT = re.compile(r"\b(?:i mean[t]?|i wanted)\b:?\s*", re.I)


_WRONG = re.compile(r"\b(?:meant?|wrong|not (?:that|this|what)|misunderst\w+)\b", re.I)


def was_misunderstood(text: str) -> bool:
    """Tell whether a message says that the last one was taken for something else."""
    return bool(correction_in(text) and _WRONG.search(text))


def correction_in(text: str) -> str:
    """Return what was meant instead, where a message puts the last one right; else nothing."""
    found = _CORRECTION.match(text)
    if found is None:
        return ""
    rest = _MEANT.sub("", text[found.end() :]).strip(" ,.:;-—")
    # "No, not may! The 2019 one": what it is not says nothing of what it is.
    rest = re.sub(r"^not\s+[^,;!?]{1,60}?[,.;!?]+\s+", "", rest, flags=re.I)
    return re.sub(r"\s+instead\W*$", "", rest, flags=re.I)


_SAME = re.compile(
    r"^\W*(?:(?:and|now|then|ok|okay|please|pls|do|hmm|yes|also|good|great|thanks|thx|but)\W+)*"
    r"(?:the )?(?:same|likewise|ditto|exactly that|so can|and so)\b"
    r"|\b(?:too|as well|likewise|also|again|rest (?:is |as |stays )?(?:the )?(?:same|before))"
    r"(?:\W+(?:please|pls|thanks|thx))?\W*$"
    r"|\b(?:the )?rest (?:is |as |stays |of it )?(?:the )?(?:same|before|unchanged)\b"
    r"|\b(?:once more|again),? (?:but|with|without|only|for|on)\b|\bthe same (?:but|only"
    r"|with|without|for)\b|\b(?:same|like) (?:as )?before\b",
    re.I,
)
_MORE = re.compile(r"\b(?:again|too|also|as well|once more|another|this time)\b", re.I)
_NAME_FIRST = re.compile(
    r"^\W*(?:(?:and|oh|now|then|ok|okay|also|but|or|the|please|pls)\W+)*"
    r"(?:[\w-]+/[\w./-]+|[\w]+-[\w-]+|v(?:ersion)? ?\d+|another one|one more)(?=[\s,?!]|$)",
    re.I,
)
_QUESTION = re.compile(
    r"^\W*(?:(?:and|so|ok|now)\W+)*(?:what|which|who|why|when|where|how|is|are|was|were|did|does|do"
    r"|has|have|can|could|would|should)\b",
    re.I,
)
_DO_THE_SAME = re.compile(
    r"\b(?:the same|same (?:for|with|but|again|thing)|likewise|ditto)\b", re.I
)


def says_the_same(text: str) -> bool:
    """Tell whether a message asks for the last thing once more, of something else or otherwise."""
    same = _SAME.search(text) or (_MORE.search(text) and _NAME_FIRST.match(text))
    asks = ORDER.match(text) or _QUESTION.match(text)
    return bool(same) and (not asks or bool(_DO_THE_SAME.search(text)))


def insists(text: str) -> bool:
    """Tell whether it is said in so many words that all else stays: "same for", "rest the same"."""
    return bool(re.search(r"\b(?:same|likewise|ditto|unchanged)\b", text, re.I))


_UNDO = re.compile(
    r"\b(?:remove|delete|drop|scrap|revoke|bin|trash) (?:it|that|this|that one)\b(?! (?:from|tag))"
    r"|\btake (?:it|that|this) (?:out|away|back|off|down)\b|\bget rid of (?:it|that|this)\b"
    r"|\b(?:undo|revert) (?:it|that|this)\b|^\W*undo\W*$|\bthrow (?:it|that) away\b",
    re.I,
)
_UNDONE_BY = {
    "create_bucket": "delete_bucket",
    "add_source": "remove_source",
    "schedule_run": "delete_schedule",
    "create_trigger": "delete_trigger",
    "upload_object": "delete_object",
    "copy_object": "delete_object",
    "deploy_model": "stop_deployment",
    "promote_model": "rollback_model",
    "record_choice": "remove_choice",
}
"""What takes back the thing that a tool has made."""
_CALLED_OFF = re.compile(
    r"^\W*(?:(?:hmm|no|oh|ok|sorry|wait|actually|please|changed my mind|on second thought)\W+)*"
    r"(?:cancel|stop|abort|kill)(?: (?:it|that|this))?\W*$",
    re.I,
)


def asks_why(text: str) -> bool:
    """Tell whether nothing but the cause of what was spoken of is asked for."""
    return bool(_WHY.match(text))


_WHY = re.compile(
    r"^\W*(?:(?:and|but|ok|so|hm+)\W+)*(?:why|how come|what happened|what went wrong"
    r"|for what reason)"
    r"(?: (?:is|was|did) (?:that|it|this)(?: \w+)?)?\W*$",
    re.I,
)


_OF_A_RUN = frozenset(
    "start_run describe_run watch_run read_metrics describe_pipeline diagnose_run retry_run"
    " cancel_run".split()
)
_BY_THE_CLOCK = re.compile(
    r"^\W*(?:(?:and|then|ok|okay|now|do it|do that|run it|please|so|from now on)\W+)*"
    r"(?:every|each|daily|weekly|nightly|hourly"
    r"|on (?:week|mon|tues|wednes|thurs|fri|satur|sun)\w*days?)\b"
    r"(?!.*\?)[^.;]{0,50}$",
    re.I,
)
"""A time by which what was spoken of is to be done again: "every weekday at six"."""


def said_of_the_last(text: str, focus: Focus) -> str:
    """Return the tool for what is said of the last thing: "why?", "remove it again"; or nothing."""
    if focus.run and asks_why(text):
        return "diagnose_run"
    if focus.pipeline and focus.tool in _OF_A_RUN and _BY_THE_CLOCK.match(text):
        return "schedule_run"
    if focus.run and focus.tool in {"watch_run", "start_run"} and _CALLED_OFF.match(text):
        return "cancel_run"
    return _UNDONE_BY.get(focus.tool, "") if _UNDO.search(text) else ""


_NEVER_MIND = re.compile(
    r"^\W*(?:(?:ok|okay|oh|ah|well|then|hmm|alright|no|sorry|thanks|good)\W+)*"
    r"(?:never ?mind|nevermind|forget (?:it|about it|that)|leave it|drop it|skip it"
    r"|no,? (?:thanks|thank you)|nothing|no|nope|cancel that question|let it be|doesn'?t matter"
    r"|not now|stop asking"
    r"|(?:oh|ok|ah),? never ?mind|don'?t bother)\b\W*(?:thanks|thank you|then|it|that)?\W*$",
    re.I,
)
_AGREED = re.compile(
    r"^\W*(?:yes|yeah|yep|yup|sure|ok(?:ay)?|please|do (?:it|that|so)|go (?:ahead|for it|on)"
    r"|right|exactly|correct|of course|absolutely|please do|sounds good|fine|good|great|that one"
    r"|just"
    r"|that'?s (?:it|right)|make it so|proceed|confirm(?:ed)?|y)\b"
    r"(?:\W+(?:please|do (?:it|that|so)|go ahead|go for it|that one|thanks|yes|then|sure|ok))*\W*$",
    re.I,
)


def never_mind(text: str) -> bool:
    """Tell whether a message takes the last one back."""
    return bool(_NEVER_MIND.match(text))


def agreed(text: str) -> bool:
    """Tell whether a message says yes and nothing else."""
    return bool(_AGREED.match(text))
