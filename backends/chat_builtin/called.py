"""What a new thing is to be called: "call it june-fresh", "name: winter"."""

import re

_NAME = r"['\"`“]?(?P<name>[a-z0-9][\w.-]*[\w]|[a-z])['\"`”]?(?![\w/])"
_THING = (
    r"(?: (?:it|this|that|them|(?:the|this|that) (?:new )?(?:run|one|schedule|experiment|bucket"
    r"|deployment|service|model|pipeline|trigger|api|job)))?"
)
_CALLED = (
    rf"\b(?:call|name|title|label){_THING}\s*[:=]?\s+{_NAME}",
    rf"\b(?:called|named|titled|entitled)\s*:?\s+{_NAME}",
    rf"\bname(?: (?:for|of) (?:it|this|the \w+))?\s*(?:is|shall be|should be|will be|be|to be|:|=)"
    rf"\s*{_NAME}",
    rf"\b(?:with|under|by|having) (?:the |a )?name(?: of)?\s+{_NAME}",
    rf"\bgive it the name\s+{_NAME}",
    r"\bas\s+['\"`“]?(?P<name>[a-z0-9]+(?:-[a-z0-9]+)+)['\"`”]?(?![\w/.])",
)
_NO_NAMES = frozenset(
    "a an the it this that my our one for from pipeline run experiment bucket new schedule in with"
    " and to of is model deployment service which what whatever something anything please me"
    " your their its her his real-time batch yaml python file files list".split()
)


def name_given(text: str) -> str:
    """Return the name that a text gives to something new; empty when it gives none."""
    for pattern in _CALLED:
        for found in re.finditer(pattern, text, re.I):
            if found["name"].casefold() not in _NO_NAMES:
                return found["name"].rstrip(".")
    return ""
