"""Text as a person sees it, without what acts on a terminal or hides from the eye."""

import re

# Escape sequences whole (CSI, OSC and other strings, the two-character ones), so that nothing of
# them is left to read; then control characters, marks that reorder, characters without a width, and
# the tags and selectors in which whole sentences can be smuggled.
_UNSEEN = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e0fff]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_HALF_CHARACTERS = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """Return the text without anything that steers a terminal, reorders or cannot be seen."""
    if text.isprintable() and text.isascii():
        return text
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", writable(text)))


def writable(text: str) -> str:
    """Return the text with halves of characters replaced: no file and no wire takes them."""
    return text if text.isascii() else _HALF_CHARACTERS.sub("\ufffd", text)
