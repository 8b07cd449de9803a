"""`doctor`: is everything there, and does it work?"""

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from core.errors import AssistantError
from core.services import OpenAIChat, S3Settings
from core.settings import read_settings
from surfaces.assembly import assemble, try_chat_model
from surfaces.cli.printing import output, print_json, print_plain
from surfaces.rendering import bytes_in_words
from surfaces.services import describe_runs

NEEDED_BYTES = 500 * 1024 * 1024
FUNDAMENTAL = frozenset({"settings", "home"})
"""Checks after whose failure the others could only say the same again."""
PACKAGES = ("kfp", "langchain", "chromadb", "scikit-learn", "textual")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    ok: bool
    found: str
    seconds: float


def run_doctor(*, as_json: bool) -> int:
    """Run every check and print what it found; 1 when one failed."""
    findings: list[Finding] = []
    for name, check in _checks():
        finding = _run(name, check)
        findings.append(finding)
        if as_json:
            print_json(finding)
        else:
            mark = "[green]✓[/]" if finding.ok else "[red]✗[/]"
            output().print(mark, end=" ")
            print_plain(f"{finding.check}: {finding.found}")
        if not finding.ok and name in FUNDAMENTAL:
            break
    return int(not all(finding.ok for finding in findings))


def _checks() -> list[tuple[str, Callable[[], str]]]:
    return [
        ("python", lambda: sys.version.split()[0]),
        ("packages", _packages),
        ("settings", _settings),
        ("disk", _disk),
        ("home", _home),
        ("objects", _objects),
        ("runs", _runs),
        ("documentation", _documentation),
        ("recommender", _recommender),
        ("model", _model),
    ]


def _run(name: str, check: Callable[[], str]) -> Finding:
    started = time.monotonic()
    try:
        found, ok = check(), True
    except AssistantError as error:
        found, ok = str(error), False
    return Finding(check=name, ok=ok, found=found, seconds=round(time.monotonic() - started, 3))


def _packages() -> str:
    try:
        return ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    except PackageNotFoundError as error:
        raise AssistantError(
            f"The package {error.name} is not installed.", hint="Run `make setup`."
        ) from error


def _settings() -> str:
    return f"home {read_settings().home}"


def _disk() -> str:
    home = read_settings().home
    folder = next(parent for parent in (home, *home.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < NEEDED_BYTES:
        raise AssistantError(
            f"Only {bytes_in_words(free)} are free in {folder}.", hint="Free some space."
        )
    return f"{bytes_in_words(free)} free"


def _home() -> str:
    return f"{assemble(read_settings()).settings.home} can be written"


def _objects() -> str:
    store = assemble(read_settings()).store
    buckets = store.buckets()
    for bucket in buckets:
        # What is known of an object is kept elsewhere than the object: both must answer.
        store.list(bucket.name, limit=1)
    counted = ", ".join(
        f"{bucket.name} ({'over ' if bucket.at_least else ''}{bucket.objects:,})"
        for bucket in buckets
    )
    return f"{counted or 'no buckets'} {store.place}{_permissions()}"


def _permissions() -> str:
    settings = read_settings().store
    if not isinstance(settings, S3Settings):
        return ""
    keys = "" if settings.access_key.get_secret_value() else ", without keys"
    writes = "written" if settings.allow_writes else "not written"
    deletes = "deleted" if settings.allow_deletes else "not deleted"
    return f"{keys}; may be read, {writes}, {deletes}"


def _runs() -> str:
    return describe_runs(assemble(read_settings()).runs)


def _documentation() -> str:
    library = assemble(read_settings()).library
    answer = library.search("why split by time", 1, "")
    if not answer.items:
        raise AssistantError("The documentation answers nothing.", hint="Remove the index folder.")
    return f"{sum(source.passages for source in library.sources())} passages, search works"


def _recommender() -> str:
    from recommender.profile import read_profile
    from recommender.toolchains import recommend

    recommend(read_profile(cloud="aws", data_types=["image"]))
    return "the forest is loaded and answers"


def _model() -> str:
    settings = read_settings()
    if not isinstance(settings.chat, OpenAIChat):
        return (
            "built-in: understands this domain's requests, needs no network and no key, and knows"
            " nothing else"
        )
    return f"{settings.chat.model} at {settings.chat.base_url}: {try_chat_model(settings)}"
