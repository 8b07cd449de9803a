"""Words of passages and questions: cut, stemmed, and mended where they are misspelt."""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

import snowballstemmer
from rapidfuzz import process
from rapidfuzz.distance import OSA, DamerauLevenshtein

SMALLEST_MENDED = 4
"""Shorter words have too many neighbours to be mended."""
SMALLEST_SMALL = 3
"""Small words shorter than this are like too many others."""
MEND_FROM = 0.75
"""Similarity from which an unknown word is taken for a known one."""

STOP_WORDS = frozenset(
    """
    a about actually again all also am an and any anyway are as at be because been being but by can
    can't cannot could did do does doing don't each else ever every for from get gets give gives
    got had has have having he hello her here hey hi his how i i'd i'll i'm i've if in instead
    into is isn't it it's its just kind know let like make makes many may me might much my need now
    of off on one onto or our out over please really shall she should shouldn't show so some such
    tell than thanks that that's the their them then there these they thing things this those to
    too up us use used using very via want was way we were what what's when where which who whose
    why will with without would you your
    already always anymore badly basically big certain completely correctly cool
    currently definitely directly dumb easily entirely especially everything exactly fine finally
    forever fully hello huge hopefully idea instead lot maybe mostly never nothing
    perhaps pretty probably properly quite realistically somehow something sometimes
    somewhere still stuff suddenly sure thanks though thx totally truly understand
    usually wanna whole yet
    im ive youre dont doesnt didnt isnt arent wasnt cant couldnt wont wouldnt shouldnt havent hasnt
    thats whats theres lets we've we're we'll you're you've they're they've he's she's there's let's
    aren't wasn't weren't won't wouldn't couldn't haven't hasn't hadn't
    u ur pls plz ok okay hmm btw etc guys anyone everyone anybody ago lately recently
    myself yourself ourselves themselves itself
    """.split()
)

ADDRESS_WORDS = frozenset(
    """
    according anything boss briefly child children colleague consult define definition describe
    difference doc docs documentation document documents explain explained find grandmother kid
    layman literature look lookup manager mean meaning means paper papers please question read say
    saying says search sentence sentences simple simply slide summarise summarize summary terms word
    words
    """.split()
)
"""Words that address the documentation rather than name a subject."""

_WORD = re.compile("[^\\W_]+(?:['\u2019_][^\\W_]+)*")
_FLEETING = re.compile(
    r"\b(?:price[sd]?|pricing|refund|discount|salary|trial|released?|release date|roadmap|newest"
    r"|tomorrow|tonight|right now|at the moment|these days|forecast|when (?:will|was|did)"
    r"|this (?:week|year)|20[23]\d)\b",
    re.IGNORECASE,
)
_HUMP = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z])|\d+")
_STEMMER = snowballstemmer.stemmer("english")


def words(text: str) -> Iterator[str]:
    """Cut a text into lower-case words; compound names give their parts as well."""
    for match in _WORD.finditer(text):
        word = match[0]
        yield word.replace("\u2019", "'").replace("_", "").casefold()
        if "_" in word or not (word.islower() or word.isupper() or word.istitle()):
            parts = _HUMP.findall(word)
            if len(parts) > 1:
                yield from (part.casefold() for part in parts)


def content_words(text: str) -> list[str]:
    """Return the words of a text that carry meaning, in order."""
    return [word for word in words(text) if word not in STOP_WORDS]


def subject(question: str) -> str:
    """Return the words of a question without those that address the documentation."""
    meant = content_words(question)
    return " ".join(word for word in meant if word not in ADDRESS_WORDS) or " ".join(meant)


def asks_for_news(question: str) -> bool:
    """Return whether a question asks for what changes by the day: prices, dates, releases."""
    return _FLEETING.search(question) is not None


def is_small(word: str) -> bool:
    """Return whether a word is a small word with a slip: `wat`, `wich`, `hwo`."""
    return len(word) >= SMALLEST_SMALL and any(
        abs(len(word) - len(small)) <= 1 and OSA.distance(word, small, score_cutoff=1) <= 1
        for small in STOP_WORDS
        if len(small) >= SMALLEST_SMALL
    )


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return the stem of an English word."""
    return str(_STEMMER.stemWord(word.removesuffix("'s")))


def stems(text: str) -> list[str]:
    """Return the stems of the words that carry meaning, in order."""
    return [stem(word) for word in content_words(text)]


def mend(word: str, known: Collection[str]) -> str | None:
    """Return the known word that an unknown one was probably meant to be, if any."""
    if len(word) < SMALLEST_MENDED or not word.isalpha():
        return None
    found = process.extractOne(
        word, known, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=MEND_FROM
    )
    return str(found[0]) if found else None
