"""`sessions` and `settings`: what there is and what is in force."""

from core.settings import Settings, read_settings
from surfaces.cli.printing import output, print_json, print_value


def show_sessions(*, as_json: bool) -> int:
    """List the conversations, latest first."""
    from surfaces.assembly import assemble

    every = assemble(read_settings()).sessions.list()
    if as_json:
        for session in every:
            print_json(session)
        return 0
    if every:
        print_value(every)
    else:
        output().print("There is no conversation yet.")
    return 0


def show_settings(*, as_json: bool) -> int:
    """Show the settings; secrets are written as stars."""
    settings: Settings = read_settings()
    values = settings.model_dump(mode="json")
    if as_json:
        print_json(values)
    else:
        print_value(values)
    return 0
