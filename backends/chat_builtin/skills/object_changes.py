"""Reading requests that change buckets and objects, or ask where one comes from.

What is to be changed must be named: where two objects fit, or none, it is asked and never guessed.
"""

import re

from backends.chat_builtin.references import bucket_in
from backends.chat_builtin.skills.base import Arguments, Missing, Skill, which
from backends.chat_builtin.skills.places import ENDINGS, FILE, IT, Place, one_object
from backends.chat_builtin.words import settings, with_digits
from core import clock
from core.focus import Focus
from core.world import World

_LOCAL = re.compile(r"(?<!\w)(?:~/|\.{1,2}/|/)[\w./-]*")
_THERE = re.compile(r"\s(?:to|into|in|under|onto|->|at)\s+(?=\S)", re.I)
_ALL = re.compile(
    r"\b(?:with|and|including|incl)\b.*\b(?:all|its?|every\w*|contents?|objects?|files?|data)\b"
    r"|--force|\bwipe\b|\bfull of\b|\bnot empty\b|\bwhole\b|\bentire\b.*\bcontents?\b",
    re.I,
)
_NAME = r"['\"`]?([a-z0-9][a-z0-9.-]+)"
_NEW_BUCKET = (
    rf"\b(?:called|named|call it|name it)\s+{_NAME}",
    rf"\b(?:bucket|container)s?:?\s+(?:for (?:the |my |our )?)?{_NAME}",
    rf"\b(?:missing|new|the)\s+{_NAME}['\"`]?\s+(?:bucket|container)",
    rf"\bmb\s+(?:s3://)?{_NAME}",
    rf"\bbucket create\s+{_NAME}",
    rf"\b(?:create|make|add)\s+{_NAME}\s*$",
)
_NO_NAME = frozenset(
    "create called named for please pls me us to it that new in now here bucket with and then if is"
    " so first which this also too as name".split()
)


def _object(text: str, world: World, focus: Focus) -> Arguments | Missing:
    place = one_object(text, world, focus)
    if isinstance(place, Missing):
        return place
    return {"bucket": place[0], "key": place[1]}


def _bucket_name(text: str) -> str:
    """Return the name that a new bucket is to have."""
    for pattern in _NEW_BUCKET:
        found = re.search(pattern, text.casefold())
        if found and found[1] not in _NO_NAME:
            return found[1].rstrip(".-")
    return ""


def _create_bucket(text: str, world: World, focus: Focus) -> Arguments | Missing:
    name = _bucket_name(text)
    if not name and focus.bucket not in world.buckets():
        # A run has failed because of it, so it is what is spoken of.
        name = focus.bucket
    return {"bucket": name} if name else Missing("What shall the bucket be called?")


def _delete_bucket(text: str, world: World, focus: Focus) -> Arguments | Missing:
    lowered = text.casefold()
    named = [
        b for b in world.buckets() if re.search(rf"(?<![\w-]){re.escape(b)}(?![\w-])", lowered)
    ]
    name = named[0] if len(named) == 1 else "" if named else bucket_in(text, world, Focus())
    if not name and IT.search(text):
        name = focus.bucket
    if not name:
        return which("bucket", named or list(world.buckets()))
    return {"bucket": name, "with_objects": True} if _ALL.search(text) else {"bucket": name}


def _upload(text: str, world: World, focus: Focus) -> Arguments | Missing:
    asked, there = _split_at_target(text)
    found = FILE.search(asked) or FILE.search(text)
    path = found[0] if found else focus.path if IT.search(text) else ""
    if not path:
        return Missing("Which local file shall I upload: what is its path?")
    bucket, key = _target(there or text.replace(path, " "), world)
    if not bucket:
        return _where("it", world)
    if renamed := re.search(rf"\bas\s+['\"`]?([\w./-]+\.(?:{ENDINGS}))\b", text, re.I):
        key = renamed[1].removeprefix(f"{bucket}/")
    arguments: Arguments = {"path": path, "bucket": bucket}
    if key:
        arguments["key"] = f"{key}{path.rpartition('/')[2]}" if key.endswith("/") else key
    return arguments


def _where(what: str, world: World) -> Missing:
    shown = ", ".join(f"`{name}`" for name in world.buckets()[:6])
    return Missing(
        f"Which bucket shall {what} go to: {shown}?"
        if shown
        else f"Which bucket shall {what} go to? There is none yet; what shall a new one be called?"
    )


def _split_at_target(text: str) -> Place:
    """Return what stands before and after the first "to", "into" or "under"."""
    found = _THERE.search(text)
    return (text[: found.start()], text[found.end() :]) if found else (text, "")


def _target(there: str, world: World) -> Place:
    """Return a bucket and a key, or a folder with `/` at its end, that a text names as a place."""
    lowered = there.casefold()
    for bucket in world.buckets():
        if found := re.search(rf"(?<![\w/-]){re.escape(bucket)}/([\w./-]*)", lowered):
            key = there[found.start(1) : found.end(1)].rstrip(".")
            return bucket, key if not key or "." in key else f"{key.rstrip('/')}/"
    bucket = bucket_in(there, world, Focus())
    for other in world.buckets() if not bucket else [bucket]:
        tops = sorted({key.partition("/")[0] for key in world.keys(other) if "/" in key})
        for top in tops:
            if re.search(rf"(?<![\w-]){re.escape(top)}(?:/|\b(?! bucket))", lowered):
                return other, f"{top}/"
    return bucket, ""


_AS_FILE = re.compile(
    rf"\b(?:to|as|call (?:it|that)|name (?:it|that)|called|named)\s+([\w-]+\.(?:{ENDINGS}))\b", re.I
)


def _download(text: str, world: World, focus: Focus) -> Arguments | Missing:
    place = one_object(_AS_FILE.sub(" ", text), world, focus)
    if isinstance(place, Missing):
        return place
    arguments: Arguments = {"bucket": place[0], "key": place[1]}
    _, there = _split_at_target(text)
    if local := _LOCAL.search(there) or _LOCAL.search(text):
        arguments["path"] = local[0]
    elif (named := _AS_FILE.search(text)) and named[1] not in place[1]:
        arguments["path"] = named[1]
    return arguments


def _copy(text: str, world: World, focus: Focus) -> Arguments | Missing:
    cut = re.search(
        r"\s(?:over )?(?:to|into|onto|as|->)\s+(?=\S)|\s(?=in (?:the )?[\w-]+(?: bucket)?\b)", text
    )
    what = text[: cut.start()] if cut else text
    source = one_object(what, world, focus)
    if isinstance(source, Missing) and cut:
        source = one_object(text, world, focus)
    if isinstance(source, Missing):
        return source
    there = text[cut.end() :] if cut else ""
    named = FILE.search(there)
    bucket, key = _target(there, world)
    if named and not key:
        key = named[0]
    if not bucket and not key:
        return _where("the copy", world)
    arguments: Arguments = {
        "bucket": source[0],
        "key": source[1],
        "to_bucket": bucket or source[0],
    }
    if key:
        arguments["to_key"] = f"{key}{source[1].rpartition('/')[2]}" if key.endswith("/") else key
    return arguments


NO_TAG = Missing("Which tag shall it get, such as status=final?")


def _tag(text: str, world: World, focus: Focus) -> Arguments | Missing:
    place = one_object(text, world, focus)
    if isinstance(place, Missing):
        return place
    tags = tags_in(text)
    if not tags:
        return NO_TAG
    return {"bucket": place[0], "key": place[1], "tags": tags}


def tags_in(text: str) -> dict[str, str]:
    """Return the tags that a text sets; an empty value for one that goes."""
    if given := settings(text):
        return {name: value.rstrip(".") for name, value in given.items()}
    plain = FILE.sub(" ", text)
    if gone := re.search(
        r"\b(?:remove|drop|clear|delete) (?:the )?(?:tag )?(\w+)(?: tag)?\b", plain
    ):
        return {gone[1]: ""} if gone[1] not in {"tag", "tags", "the"} else {}
    for pattern in (
        r"\b(owner|status|stage|quality|team|state)\b(?: of\b[^,;]*?)? (?:is|=|shall be"
        r"|becomes) ['\"`]?(\w[\w.-]*)",
        r"\b(?:put|set|add|give|attach|write)\b.*?\b(status|label|owner|stage|quality|team|source|state)"
        r"\s+(?!tag\b|to\b|of\b|on\b)['\"`]?(\w[\w.-]*)(?=\s+(?:on|to|onto|for)\b|\W*$)",
        r"\bset (?:its|the) (\w+)(?: tag| label)? (?:to|as) ['\"`]?(\w[\w.-]*)",
        r"\b(?:its|the) (\w+) tag\b.*?\bto ['\"`]?(\w[\w.-]*)",
        r"\b(\w+) tag of\b.*?\bto ['\"`]?(\w[\w.-]*)",
        r"^\W*(\w+) of\b.*?\bshould be ['\"`]?(\w[\w.-]*)",
        r"\bwith (?:the )?(?:tag |label )?(\w+) ['\"`]?(\w[\w.-]*)\s*$",
    ):
        if found := re.search(pattern, plain, re.I):
            return {found[1].casefold(): found[2]}
    if named := re.search(r"\b(\w+): (\w[\w.-]*)\s*(?:$|[,.]|\bto\b|\bon\b)", plain):
        return {named[1].casefold(): named[2]}
    if stated := re.search(r"\bis (?:now )?(\w{4,})(?: now)?\b.*\b(status|state)\b", plain, re.I):
        return {stated[2].casefold(): stated[1].casefold()}
    if marked := re.search(r"\bas (?:an? )?['\"`]?(\w[\w-]*)", plain, re.I):
        return {"status": marked[1]}
    return {}


_WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()


def _days_to(day: str) -> int:
    """Return the days from now to the next day of a name."""
    if day not in _WEEKDAYS:
        return 1
    return (_WEEKDAYS.index(day) - clock.now().weekday()) % 7 or 7


def _share(text: str, world: World, focus: Focus) -> Arguments | Missing:
    arguments = _object(text, world, focus)
    if isinstance(arguments, Missing):
        return arguments
    per = {"h": 1.0, "hour": 1.0, "day": 24.0, "week": 168.0, "minute": 1 / 60, "min": 1 / 60}
    plain = re.sub(r"\b(?:a|an|one) (?=hour|day|week)", "1 ", with_digits(text), flags=re.I)
    spans = re.finditer(r"\b(\d+(?:\.\d+)?)\s*-?(h|hour|day|week|minute|min)s?\b", plain, re.I)
    if until := re.search(
        r"\b(?:until|till|til|by|through)\s+(?:this |next |the )?(tomorrow|\w+day)\b", plain, re.I
    ):
        arguments["expires_hours"] = 24 * _days_to(until[1].casefold())
    # "One hour is too short, they need three days": the last one counts.
    if lasting := next(reversed([*spans]), None):
        hours = float(lasting[1]) * per[lasting[2].casefold()]
        arguments["expires_hours"] = int(hours) if hours.is_integer() else hours
    return arguments


SKILLS = (
    Skill(tool="create_bucket", read=_create_bucket, in_words="create a bucket", changes=True),
    Skill(tool="delete_bucket", read=_delete_bucket, in_words="delete a bucket", changes=True),
    Skill(tool="describe_object", read=_object, in_words="tell a file's size, tags and versions"),
    Skill(tool="trace_object", read=_object, in_words="tell where a file comes from"),
    Skill(tool="upload_object", read=_upload, in_words="upload a local file", changes=True),
    Skill(tool="download_object", read=_download, in_words="download a file", changes=True),
    Skill(tool="copy_object", read=_copy, in_words="copy a file in the store", changes=True),
    Skill(tool="tag_object", read=_tag, in_words="tag a file", changes=True),
    Skill(tool="share_object", read=_share, in_words="make a link to a file", changes=True),
    Skill(tool="delete_object", read=_object, in_words="delete a file", changes=True),
)
