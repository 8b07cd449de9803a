"""`recommend`: a toolchain for a project in words or settings."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from agents.approval import Caller
from agents.events import Event
from core.errors import AssistantError
from core.settings import read_settings
from surfaces.assembly import assemble, describe_project
from surfaces.cli.approving import approver
from surfaces.cli.calling import PERSON, parse_arguments
from surfaces.cli.printing import error_json, print_json, print_value


def run_recommend(about: Sequence[str], *, as_json: bool) -> int:
    """Recommend and print."""
    told = [word for word in about if "=" not in word]
    arguments: dict[str, object] = dict(describe_project(" ".join(told))) if told else {}
    if len(told) == 1 and Path(told[0]).is_dir():
        arguments = {"project": told[0]}
    arguments |= parse_arguments([word for word in about if "=" in word])
    for name in ("data_types", "existing_tools"):
        if isinstance(value := arguments.get(name), str):
            arguments[name] = [item.strip() for item in value.split(",") if item.strip()]

    def ignore(event: Event) -> None:
        del event

    caller = Caller(agent=PERSON, approve=approver(yes=False), notify=ignore)
    toolbox = assemble(read_settings()).toolbox
    try:
        value = asyncio.run(toolbox.call("recommend_toolchain", arguments, caller))
    except AssistantError as error:
        if not as_json:
            raise
        print_json(error_json(error))
        return 1
    if as_json:
        print_json(value)
    else:
        print_value(value)
    return 0
