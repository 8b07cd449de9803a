"""What the built-in model says where it calls no tool."""

import re
from collections.abc import Sequence

from backends.chat_builtin.skills import CHANGES, SKILLS

WHAT_I_DO = (
    "I run, watch, compare and schedule pipelines, look after buckets and files, show plots and"
    " metrics, look after models (predict, score, promote, deploy, check drift), answer from the"
    " documentation, and recommend an MLOps toolchain. For example: “what pipelines are there”,"
    " “train the delay models and tell me which is best”, “what stack would suit a team of three"
    " with images on AWS”."
)
LET_IT_BE = "All right, I leave it. Nothing was changed."
NOTHING_PENDING = "All right. Nothing is waiting for an answer: tell me what to do next."
NOT_DONE = "All right, I do nothing of the kind. Tell me what I should do instead."

NOTHING_KEPT = "I keep no examples here."

_HELP = re.compile(
    r"\W*(?:help(?: me)?|what can (?:you|i) (?:do|ask)(?: (?:here|for me))?|what do you do"
    r"|who are you|what are you|how can you help(?: me)?"
    r"|what are you (?:able|good) (?:to do|for))\W*",
    re.I,
)
_THANKS = re.compile(
    r"\b(?:thanks?|thx|thank you|great|nice|cool|perfect|ok(?:ay)?|awesome)\b", re.I
)
_HELLO = re.compile(r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon))\b", re.I)
_BYE = re.compile(r"\b(?:bye|goodbye|see you)\b", re.I)

_NEAREST = {
    "rename": (r"\brenam\w+", "copy the object under the other name, and delete the old one"),
    "edit": (
        r"\b(?:edit|change|fix|correct|overwrite|drop|fill|add|insert)\b.*\b(?:rows?|values?|columns?"
        r"|cells?|lines?)\b",
        "preview the file, and upload a corrected copy of it",
    ),
    "merge": (
        r"\b(?:merge|join|concatenate|combine)\b",
        "preview each file, and upload a joined one",
    ),
    "move": (
        r"\bmove\b.*\b(?:run|experiment)\b",
        "start a new run in that experiment",
    ),
    "users": (
        r"\b(?:user|account|password|permission\w*|rights|admin|role)\b",
        "share a file through a link that expires",
    ),
    "cluster": (
        r"\b(?:cluster|node|gpu|cpu|server|firewall|disk|kubernetes)\b",
        "list the runs, or stop one that takes too much",
    ),
    "mail": (
        r"\b(?:slack|mail|email|e-mail|ticket|jira|message)\b",
        "tell you here when a run ends, or share a file through a link",
    ),
    "cost": (r"\b(?:bill|cost|invoice|price)\b", "show how much is stored in each bucket"),
    "sql": (r"\bsql\b|\bquery\b|\bdatabase\b", "preview a table with its columns"),
}
"""What people of this field ask for and no tool does, with the nearest thing."""


def asks_for_help(text: str) -> bool:
    """Tell whether a message asks what can be asked."""
    return bool(_HELP.fullmatch(text))


def decline(text: str) -> str:
    """Return the answer to what is not our field, in one sentence where it was a wish."""
    if _BYE.search(text):
        return "Goodbye. Runs that were started go on."
    if _HELLO.search(text) and len(text.split()) < 8:
        return f"Hello, I am mlops-swarm. {WHAT_I_DO}"
    if _THANKS.search(text) and len(text.split()) < 6:
        return "You are welcome."
    for pattern, nearest in _NEAREST.values():
        if re.search(pattern, text, re.I):
            return (
                "That is not what I am for: no tool of mine does it. The nearest thing that I can"
                f" do: {nearest}."
            )
    return f"That is not what I am for: I help with machine-learning operations. {WHAT_I_DO}"


def absent(tool: str) -> str:
    """Return the answer to a wish for a tool that cannot be called here."""
    what = tool.replace("_", " ")
    if tool in CHANGES:
        # It always exists, so only read-only mode can have taken it away.
        return (
            f"I cannot do that: this assistant is read-only, and “{what}” changes something."
            " Start it without read-only to allow changes, each after your approval."
        )
    return f"I cannot do that (“{what}” is not there in this version). {WHAT_I_DO}"


def yours_to_judge(wish: str) -> str:
    """Return the question that stands before a change that hangs on a judgement."""
    return f"Whether that holds is yours to judge, from what is shown. Shall I go on: “{wish}”?"


def kept(text: str, tool: str) -> str:
    """Return what is said when a correction was kept as an example."""
    return (
        f"Kept on this machine: “{text}” means that I {SKILLS[tool].in_words}."
        " `mlops-swarm memory examples` lists what I was taught, and forgets it."
    )


def guess(tools: Sequence[str]) -> str:
    """Return a question that offers the likeliest tools."""
    choices = [f"{number}. {SKILLS[tool].in_words}" for number, tool in enumerate(tools, start=1)]
    return "I am not sure what you mean. Shall I:\n\n" + "\n".join(choices) + "\n\nWhich one?"
