"""`recommend`: a toolchain for a project in words or settings."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from agents.approval import Caller
from agents.events import Event
from core.errors import AssistantError, RequestError, SettingsError
from core.settings import read_settings
from surfaces.assembly import assemble, describe_project
from surfaces.cli.approving import approver
from surfaces.cli.calling import PERSON, parse_arguments
from surfaces.cli.printing import error_json, print_json, print_value


def run_recommend(about: Sequence[str], *, as_json: bool) -> int:
    """Recommend and print."""
    try:
        value = asyncio.run(_recommendation(_arguments(about)))
    except AssistantError as error:
        if not as_json or isinstance(error, SettingsError):
            raise
        print_json(error_json(error))
        return 1
    if as_json:
        print_json(value)
    else:
        print_value(value)
    return 0


def _arguments(about: Sequence[str]) -> Mapping[str, object]:
    """Return what is told in words together with what is written as name=value."""
    words = [word for word in about if "=" not in word]
    told: Mapping[str, object] = describe_project(" ".join(words)) if words else {}
    if len(words) == 1 and Path(words[0]).is_dir():
        told = {"project": words[0]}
    given = parse_arguments([word for word in about if "=" in word])
    for name in ("data_types", "existing_tools"):
        if isinstance(value := given.get(name), str):
            given[name] = [item.strip() for item in value.split(",") if item.strip()]
    for name in told.keys() & given.keys():
        if told[name] != given[name]:
            raise RequestError(
                f"The words say {name} {told[name]}, but {name}={given[name]} is given.",
                hint="Leave one of the two out.",
            )
    return {**told, **given}


async def _recommendation(arguments: Mapping[str, object]) -> object:
    def ignore(event: Event) -> None:
        del event

    caller = Caller(agent=PERSON, approve=approver(yes=False), notify=ignore)
    return await assemble(read_settings()).toolbox.call("recommend_toolchain", arguments, caller)
