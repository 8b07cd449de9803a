"""The commands, and what they share: settings, errors in words, exit codes."""

import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from core.errors import AssistantError, SettingsError

app = typer.Typer(
    name="mlops-swarm",
    help="An assistant for machine-learning operations. Without a command it opens the terminal.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Yes = Annotated[bool, typer.Option("--yes", help="Allow every change without asking.")]
ReadOnly = Annotated[bool, typer.Option("--read-only", help="Take away every tool that changes.")]


@app.command()
def ask(
    text: Annotated[list[str] | None, typer.Argument(help="The request; else it is read.")] = None,
    as_json: Json = False,
    yes: Yes = False,
    read_only: ReadOnly = False,
    session: Annotated[str, typer.Option(help="Carry on this conversation.")] = "",
    no_wait: Annotated[
        bool, typer.Option("--no-wait", help="Do not wait for runs that the answer hangs on.")
    ] = False,
) -> None:
    """Answer one request, and wait for the runs that the answer hangs on.

    The exit code is 1 when a change was not approved, a run failed or the turn was stopped.
    """
    from surfaces.cli.asking import Asking, run_ask

    request = " ".join(text) if text else sys.stdin.buffer.read().decode(errors="replace")
    asking = Asking(
        as_json=as_json, yes=yes, read_only=read_only, session=session, wait=not no_wait
    )
    raise typer.Exit(run_ask(request, asking))


@app.command()
def tool(
    name: Annotated[str, typer.Argument(help="The tool; none lists them all.")] = "",
    arguments: Annotated[
        list[str] | None, typer.Argument(help="name=value; a value may be JSON.")
    ] = None,
    source: Annotated[
        str, typer.Option("--from", help="A file of JSON lines with calls; `-` reads stdin.")
    ] = "",
    as_json: Json = False,
    only: Annotated[
        str, typer.Option(help="Print only this field of the value, as it is: `id`.")
    ] = "",
    yes: Yes = False,
    read_only: ReadOnly = False,
) -> None:
    """Call one tool without a model, or many with --from."""
    from surfaces.cli.calling import Shown, run_calls, run_one, show_tools

    if source:
        raise typer.Exit(run_calls(name, source, yes=yes, read_only=read_only))
    if not name:
        raise typer.Exit(show_tools(as_json=as_json))
    shown = Shown(as_json=as_json, only=only)
    code = run_one(name, arguments or [], shown, yes=yes, read_only=read_only)
    raise typer.Exit(code)


@app.command()
def recommend(
    about: Annotated[
        list[str] | None,
        typer.Argument(help="The project: its folder, words, name=value, or all of them."),
    ] = None,
    ask: Annotated[
        bool, typer.Option("--ask", help="Ask what matters most, at most five questions.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write a report as well: a .md or .html file.")
    ] = None,
    took: Annotated[str, typer.Option(help="Record which tool you really took.")] = "",
    slot: Annotated[str, typer.Option(help="With --took: what the tool is for.")] = "",
    corrections: Annotated[
        bool, typer.Option("--corrections", help="List what was recorded with --took.")
    ] = False,
    remove: Annotated[str, typer.Option(help="Remove a recorded choice, by id or tool.")] = "",
    retrain: Annotated[
        bool, typer.Option("--retrain", help="Learn from what was recorded, on this machine.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Approve recording and removing.")] = False,
    as_json: Json = False,
) -> None:
    """Recommend a toolchain for a described project or a folder."""
    from surfaces.cli import recommending

    told = about or []
    if retrain:
        code = recommending.run_retrain(as_json=as_json)
    elif took:
        code = recommending.run_took(took, slot, told, yes=yes, as_json=as_json)
    elif remove:
        code = recommending.run_remove_choice(remove, yes=yes, as_json=as_json)
    elif corrections:
        code = recommending.run_choices(as_json=as_json)
    else:
        wishes = recommending.Wishes(as_json=as_json, ask=ask, report=report)
        code = recommending.run_recommend(told, wishes)
    raise typer.Exit(code)


@app.command("eval")
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="Files of cases, as YAML.")],
    model: Annotated[
        str, typer.Option(help="Who answers: `builtin`, or `configured` in the settings.")
    ] = "builtin",
    repeat: Annotated[int, typer.Option(help="How often each case is run.")] = 1,
    report: Annotated[Path | None, typer.Option(help="Where to write the report, as JSON.")] = None,
    threshold: Annotated[float, typer.Option(help="Share of cases that must pass.")] = 0.9,
) -> None:
    """Run evaluation cases in a world of their own and show how many passed.

    The exit code is 1 when too few passed, too many were skipped or a change was not approved.
    """
    from surfaces.cli.evaluating import run_eval

    code = run_eval(files, model=model, repeats=repeat, report=report, threshold=threshold)
    raise typer.Exit(code)


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check that everything the assistant needs is there and works."""
    from surfaces.cli.checking import run_doctor

    raise typer.Exit(run_doctor(as_json=as_json))


@app.command()
def sessions(as_json: Json = False) -> None:
    """List the conversations that can be carried on."""
    from surfaces.cli.listing import show_sessions

    raise typer.Exit(show_sessions(as_json=as_json))


@app.command()
def export(
    path: Annotated[str, typer.Argument(help="The file to write: `steps.sh`.")],
    format_name: Annotated[
        str,
        typer.Option(
            "--format",
            help="`python`, `bash`, `notebook` or `github-actions`; as the file's name says.",
        ),
    ] = "",
    session: Annotated[str, typer.Option(help="The conversation; the latest if none.")] = "",
    as_json: Json = False,
    yes: Yes = False,
) -> None:
    """Write what was really done in a conversation as a script that does it again."""
    from surfaces.cli.exporting import run_export

    code = run_export(path, format_name, session, as_json=as_json, yes=yes)
    raise typer.Exit(code)


@app.command()
def wait(
    run: Annotated[str, typer.Argument(help="The run: an id, a name, `latest`.")],
    any_end: Annotated[
        bool, typer.Option("--any-end", help="Be content with any end, not only success.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Wait until a run has ended. The exit code is 1 when it did not succeed."""
    from surfaces.cli.exporting import run_wait

    raise typer.Exit(run_wait(run, any_end=any_end, as_json=as_json))


@app.command()
def audit(
    last: Annotated[int, typer.Option(help="How many of the latest calls to show.")] = 20,
    as_json: Json = False,
) -> None:
    """Show the latest calls and check that the log was not tampered with."""
    from surfaces.cli.auditing import run_audit

    raise typer.Exit(run_audit(last, as_json=as_json))


@app.command()
def memory(
    action: Annotated[
        str, typer.Argument(help="`list`, `add`, `remove`, `examples` or `forget`.")
    ] = "list",
    words: Annotated[
        list[str] | None, typer.Argument(help="The preference to add, or the number to remove.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show, add or remove your preferences; show or forget what you taught the built-in model."""
    from surfaces.cli.remembering import run_memory

    raise typer.Exit(run_memory(action, words or [], as_json=as_json))


@app.command()
def daemon(
    once: Annotated[
        bool, typer.Option("--once", help="Start what is due now, and end: for another timer.")
    ] = False,
) -> None:
    """Start scheduled runs, until it is stopped; the terminal does so too while it is open."""
    from surfaces.cli.daemon import run_daemon

    raise typer.Exit(run_daemon(once=once))


@app.command()
def settings(as_json: Json = False) -> None:
    """Show the settings in force, without secrets."""
    from surfaces.cli.listing import show_settings

    raise typer.Exit(show_settings(as_json=as_json))


def main(words: Sequence[str] | None = None) -> None:
    """Run a command, the one that was typed if none is given; problems are told in words."""
    try:
        app(words)
    except AssistantError as error:
        from surfaces.cli.printing import print_error

        print_error(error)
        sys.exit(2 if isinstance(error, SettingsError) else 1)
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        # Files are named in errors; what has no name is the output itself. What is left in its
        # buffer goes nowhere, or Python would fail with it once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.stderr.write("The output cannot be written: its disk is full.\nMake room there.\n")
        sys.exit(1)
