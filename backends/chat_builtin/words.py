"""Numbers, durations, dates and settings in a request's words."""

import re
from collections.abc import Mapping
from datetime import date

_NUMBERS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100}

# "one" and "a" are mostly no numbers: "the delay one", "which one".
_COUNTABLE = "person|people|man|member|fold|day|week|month"
_NUMBER_WORD = re.compile(
    rf"(?<![\w./-])({'|'.join(word for word in _NUMBERS if word != 'one')})"
    rf"(?![\w/]|\.\w|-(?!{_COUNTABLE}))",
    re.I,
)
_ONE = re.compile(
    r"\bone (?=(?:person|people|fold|month|week|day|year|developer|line|row|run)s?\b)"
)
_DAYS = {"d": 1, "day": 1, "week": 7, "month": 30, "year": 365}
_DURATION = re.compile(r"(?<![\w-])(\d+(?:\.\d+)?)[\s-]*(day|week|month|year|d)s?\b", re.I)
_SETTING = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*=\s*(\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[^\s,;]+)")
_MONTHS = {
    name: number
    for number, names in enumerate(
        "january,jan february,feb march,mar april,apr may june,jun july,jul august,aug"
        " september,sep,sept october,oct november,nov december,dec".split(),
        start=1,
    )
    for name in names.split(",")
}
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})\b\.?(?:\s+(\d{{4}}))?", re.I)


def with_digits(text: str) -> str:
    """Return the text with number words written as digits."""
    text = _NUMBER_WORD.sub(lambda match: str(_NUMBERS[match[1].lower()]), text)
    return _ONE.sub("1 ", text)


def durations_in_days(text: str) -> list[tuple[float, int, int]]:
    """Return each duration in days, with where it begins and ends in the text."""
    return [
        (float(match[1]) * _DAYS[match[2].lower()], match.start(), match.end())
        for match in _DURATION.finditer(text)
    ]


def start_date(text: str, today: date) -> str:
    """Return the date that the text names, as ISO 8601; a month is its first day to come."""
    if iso := re.search(r"\b\d{4}-\d{2}-\d{2}\b", text):
        return iso[0]
    found = _MONTH.search(text)
    # "may" is mostly a verb; as a month it follows a preposition or has a year behind it.
    if not found or (
        found[1].lower() == "may"
        and not found[2]
        and not re.search(r"\b(?:in|from|starting|starts|of)\s+may\b", text, re.I)
    ):
        return ""
    month = _MONTHS[found[1].lower()]
    year = int(found[2]) if found[2] else today.year + (month < today.month)
    return date(year, month, 1).isoformat()


def settings(text: str) -> Mapping[str, str]:
    """Return what is written as `name=value`, without quotes."""
    return {match[1]: match[2].strip("\"'") for match in _SETTING.finditer(text)}
