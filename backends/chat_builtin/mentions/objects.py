"""Stored objects that are meant by a word of their name: "the june plan", "old export"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from core.focus import Focus
from core.world import World

Place = tuple[str, str]

_NOUNS = frozenset(
    "file files table tables csv plan plans sheet spreadsheet list export dataset parquet parquets"
    " data portfolio archive notes readme schedule excel upload".split()
)
_MONTHS = (
    "january february march april may june july august september october november december".split()
)
_SKIPPED = frozenset("the a an of for from in my our that this old new planned and".split())
_BORDERS = frozenset(
    "the a an my our this that with in to of from for and on into onto against is as".split()
)
"""Words that a name does not reach over."""
_NO_MONTH = frozenset("i we you it be the have not he she they well also need somebody".split())
_VAGUE = frozenset(
    "schedule schedules data planned plan table file dataset datasets list notes tmp csv export"
    " management archive project projects".split()
)
"""Words that many names could have: alone they name no object."""
_ON_OBJECTS = frozenset(
    "preview_object describe_object trace_object download_object copy_object tag_object"
    " share_object delete_object score_dataset check_drift".split()
)
_ELLIPSIS = re.compile(
    r"^\W*(?:(?:and|now|then|ok|same|also|or|no|not|sorry|but|oh|ah|what about|how about"
    r"|pls|please|the"
    r"|for|with|in|that|it|hmm|oops|i meant?|of|one|too|again|thing|as well|can|so|go|do|on|rather"
    r"|instead)\W+)*$",
    re.I,
)
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019]s)?|\d{4}")
ALIKE = 88


@dataclass(frozen=True, slots=True)
class _Word:
    said: str
    start: int
    end: int


def objects(text: str, focus: Focus, world: World) -> str:
    """Return a text in which objects are called `bucket/key` where their words name them."""
    among = _candidates(world)
    if not among or not re.search(r"[a-z]", text, re.I):
        return text
    text = _stems(text, among)
    text = _months(text, focus, among)
    for _ in range(4):
        changed = _phrase(text, focus, among)
        if changed == text:
            break
        text = changed
    return _beside(text, among)


def _beside(text: str, among: Sequence[Place]) -> str:
    """Name the month in "may and datasets/planned/june_2026.csv" as well."""

    def put(found: re.Match[str]) -> str:
        month, folder = found[1].casefold(), found[3].rpartition("/")[0]
        fitting = [
            "/".join(place)
            for place in among
            if month in _parts(place[1]) and "/".join(place).rpartition("/")[0] == folder
        ]
        return f"{fitting[0]}{found[2]}{found[3]}" if len(fitting) == 1 else found[0]

    pattern = rf"\b({'|'.join(_MONTHS)})((?: and the | and | & |, | or ))([\w-]+/[\w./-]+)"
    return re.sub(pattern, put, text, flags=re.I)


def _stems(text: str, among: Sequence[Place]) -> str:
    """Name files that are written without their ending: june_2026."""

    def put(found: re.Match[str]) -> str:
        said = found[0].casefold()
        fitting = [place for place in among if _stem(place[1]) in {said, said.replace("-", "_")}]
        return "/".join(fitting[0]) if len(fitting) == 1 else found[0]

    return re.sub(r"(?<![\w./-])[a-z]\w*[_-][\w-]*\w(?![\w/-]|\.\w)", put, text, flags=re.I)


def _stem(key: str) -> str:
    return key.casefold().rpartition("/")[2].rpartition(".")[0]


def _candidates(world: World) -> Sequence[Place]:
    """Return what people bring; what runs make is called by its run."""
    return [
        (bucket, key)
        for bucket in world.buckets()
        if bucket not in {"artifacts", "models"}
        for key in world.keys(bucket)
        if ".scored." not in key
    ]


def _words(text: str) -> Sequence[_Word]:
    written = [found.span() for found in re.finditer(r"\S*[/_.]\w\S*", text)]
    return [
        _Word(found[0].casefold().replace("\u2019", "'").removesuffix("'s"), *found.span())
        for found in _WORD.finditer(text)
        if not any(start <= found.start() < end for start, end in written)
    ]


def _parts(key: str) -> Sequence[str]:
    return re.findall(r"[a-z]+|\d{4}", key.casefold())


def _is(word: str, part: str) -> bool:
    if word == part or (len(word) > 3 and fuzz.ratio(word, part) >= ALIKE):
        return True
    # "archived" and "planned" are forms of "archive" and "plan".
    stem = min(len(word), len(part))
    return stem >= 4 and word[:stem] == part[:stem] and abs(len(word) - len(part)) <= 4


def _phrase(text: str, focus: Focus, among: Sequence[Place]) -> str:
    words = _words(text)
    nouns = _NOUNS | ({"one"} if focus.tool in _ON_OBJECTS | {"list_objects"} else frozenset())
    for at, noun in enumerate(words):
        if noun.said not in nouns:
            continue
        span = _around(text, words, at)
        told = [word for word in span if word.said not in _SKIPPED]
        place = _one(_rest(text, span), told, among)
        if place:
            start, end = span[0].start, span[-1].end
            lead = re.search(r"\b(?:the|my|our|that|this)\s+$", text[:start], re.I)
            start = lead.start() if lead else start
            return f"{text[:start]}{'/'.join(place)}{_tail(text[end:], place[0])}"
    return text


def _tail(rest: str, bucket: str) -> str:
    """Return what follows without the bucket that the name now says: "… in datasets"."""
    said = rf"^\s+(?:in|from|inside|out of)\s+(?:the\s+)?{re.escape(bucket)}(?:\s+bucket)?\b"
    return re.sub(said, "", rest, flags=re.I)


def _around(text: str, words: Sequence[_Word], at: int) -> Sequence[_Word]:
    """Return the words that stand with a noun: up to three before it, and "for july 2026"."""
    first = at
    while first > 0 and at - first < 3 and _joined(text, words[first - 1], words[first]):
        before = words[first - 1]
        if before.said in _BORDERS:
            break
        first -= 1
    while first < at and not _telling(words, first):
        first += 1
    last = at
    for step in range(at + 1, min(at + 4, len(words))):
        if not _joined(text, words[step - 1], words[step]):
            break
        if words[step].said in _MONTHS or words[step].said.isdecimal():
            last = step
        elif words[step].said not in {"for", "of", "from", "the", "in"}:
            break
    return words[first : last + 1]


def _joined(text: str, one: _Word, other: _Word) -> bool:
    return text[one.end : other.start].strip() == ""


def _telling(words: Sequence[_Word], at: int) -> bool:
    """Tell whether a word tells one file from others; "may" followed by "I" does not."""
    said = words[at].said
    if said == "may" and at + 1 < len(words) and words[at + 1].said in _NO_MONTH:
        return False
    return said in _MONTHS or said.isdecimal() or len(said) > 2


def _rest(text: str, span: Sequence[_Word]) -> str:
    return f"{text[: span[0].start]} {text[span[-1].end :]}".casefold()


def _one(rest: str, told: Sequence[_Word], among: Sequence[Place]) -> Place | None:
    """Return the only object whose name says everything telling that was said; None else."""
    telling = [word.said for word in told if word.said not in _NOUNS]
    nouns = [word.said for word in told if word.said in _NOUNS]
    strong = [said for said in telling if said not in _VAGUE]
    fitting = [
        place
        for place in among
        if all(any(_is(said, part) for part in _parts(place[1])) for said in telling)
    ]
    if not strong:
        own = [said for said in (*nouns, *telling) if said in {"readme", "export", "notes"}]
        fitting = [
            place
            for place in fitting
            if own and all(any(_is(said, part) for part in _parts(place[1])) for said in own)
        ]
    return _narrowed(rest, nouns, fitting)


def _narrowed(rest: str, nouns: Sequence[str], fitting: Sequence[Place]) -> Place | None:
    if len(fitting) > 1:
        said = [place for place in fitting if re.search(rf"\b{re.escape(place[0])}\b", rest)]
        fitting = said or fitting
    if len(fitting) > 1:
        liked = [
            place
            for place in fitting
            if any(_is(noun, part) for noun in nouns for part in _parts(place[1]))
        ]
        fitting = liked or fitting
    return fitting[0] if len(fitting) == 1 else None


def _months(text: str, focus: Focus, among: Sequence[Place]) -> str:
    """Name the object of a month or year that stands alone: "same for june", "planned may"."""
    about = focus.tool in _ON_OBJECTS
    for name in (*_MONTHS, *{part for _, key in among for part in _parts(key) if part.isdecimal()}):
        pattern = (
            rf"(?<![\w/_.-])(?P<planned>planned )?{name}(?:['\u2019]s)?(?: one| file)?(?![\w/_.-])"
        )
        for found in reversed([*re.finditer(pattern, text, re.I)]):
            fitting = [place for place in among if name in _parts(place[1])]
            if found["planned"]:
                fitting = [place for place in fitting if "planned" in place[1]] or fitting
            if len(fitting) != 1 or not (found["planned"] or (about and _alone(text, found))):
                continue
            start = found.start()
            lead = re.search(r"\b(?:the|my|our)\s+$", text[:start], re.I)
            start = lead.start() if lead else start
            text = f"{text[:start]}{'/'.join(fitting[0])}{text[found.end() :]}"
    return text


def _alone(text: str, found: re.Match[str]) -> bool:
    """Tell whether a month is said of what was spoken of, and not in a sentence of its own."""
    before = text[: found.start()]
    clause = re.split(r"[!?.;]+\s", before)[-1]
    return bool(_ELLIPSIS.match(f"{clause} ")) or found[0].casefold().endswith((" one", " file"))
