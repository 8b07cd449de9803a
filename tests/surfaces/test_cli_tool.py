import os
import pty
import subprocess
from pathlib import Path

import pytest
from command_line import command, executed, typed

from core.settings import Settings
from surfaces.assembly import assemble

EVIL = "harmless \x1b]0;evil\x07\x1b[31mred\x9b2J\u202eend\n"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLOPS_SWARM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def test_every_tool_is_listed_with_its_arguments_and_what_it_changes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = typed(capsys, "tool").out.splitlines()
    listed = typed(capsys, "tool", "--json").lines

    named = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert named == [tool["tool"] for tool in listed]
    assert "cancel_run run= (writes)" in lines
    assert "list_runs [pipeline=] [state=] [experiment=] [since=] [limit=]" in lines
    effects = {tool["tool"]: tool["effect"] for tool in listed}
    assert (effects["list_runs"], effects["start_run"]) == ("reads", "writes")
    described = next(tool for tool in listed if tool["tool"] == "describe_run")
    assert described["arguments"]["required"] == ["run"]


def test_read_only_refuses_what_changes(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "tool", "--read-only", "--yes", "start_run", "pipeline=delay-prediction")

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("start_run changes something, and this assistant is read-only.\n")


def test_a_tool_prints_its_value_in_words_or_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "tool", "list_buckets")
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in done.out.splitlines()[1:]] == [
        "artifacts",
        "datasets",
        "models",
    ]

    (page,) = typed(capsys, "tool", "list_buckets", "--json").lines
    assert [bucket["name"] for bucket in page["items"]] == ["artifacts", "datasets", "models"]


@pytest.mark.parametrize(
    ("words", "error", "hint"),
    [
        (
            ["list_pipeline"],
            "No tool is called 'list_pipeline'.",
            "The closest: list_pipelines, upload_pipeline, describe_pipeline.",
        ),
        (["list_runs", "limit"], "'limit' is no argument.", "Write name=value: limit=5."),
        (["list_runs", "limit=1", "limit=2"], "limit is given twice.", "Leave one of the two out."),
        (
            ["list_runs", "limit=many"],
            "list_runs cannot use these arguments: limit: input should be a valid integer, unable"
            " to parse string as an integer.",
            "It takes pipeline, state, experiment, since, limit.",
        ),
        (
            ["list_runs", f"limit={10**30}"],
            "list_runs cannot use a number as large as its limit.",
            "",
        ),
        (
            ["list_runs", f"state={'[' * 5000}{']' * 5000}"],
            "The value of state is nested too deeply.",
            "Flatten it.",
        ),
        (
            ["list_runs", f"state={'[' * 500}{']' * 500}"],
            "An argument is nested too deeply.",
            "Flatten it.",
        ),
        (
            ["list_runs", "state=\udcff"],
            "An argument has characters that are no Unicode text.",
            "Write it in UTF-8.",
        ),
        (
            ["start_run", "pipeline=delay-prediction"],
            "start_run changes something, and nobody is at a terminal to approve it.",
            "With --yes changes are allowed.",
        ),
    ],
)
def test_a_call_that_cannot_be_made_says_why_and_what_to_do(
    capsys: pytest.CaptureFixture[str], words: list[str], error: str, hint: str
) -> None:
    told = typed(capsys, "tool", *words)
    assert (told.code, told.out) == (1, "")
    assert told.err == (f"{error}\n{hint}\n" if hint else f"{error}\n")

    as_json = typed(capsys, "tool", *words, "--json")
    assert (as_json.code, as_json.err) == (1, "")
    assert as_json.lines == [{"ok": False, "error": error, "hint": hint}]


LINES = [
    '{"tool": "list_buckets"}',
    "",
    "no json",
    "[1]",
    '{"arguments": {}}',
    '{"tool": "list_runs", "arguments": [1]}',
    '{"tool": "list_runs", "arguments": {"limit": 1}}',
    '{"tool": "\\ud800"}',
]


def test_many_calls_give_a_line_each_and_bad_ones_do_not_stop_the_rest(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, home: Path
) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_text("\n".join(LINES), encoding="utf-8")

    done = typed(capsys, "tool", "--from", str(file))

    assert done.code == 1
    assert [(line["tool"], line["ok"]) for line in done.lines] == [
        ("list_buckets", True),
        ("", False),
        ("", False),
        ("", False),
        ("", False),
        ("list_runs", True),
        ("", False),
    ]
    assert all(line["hint"] for line in done.lines if not line["ok"])
    piped = executed(home, "tool", "--from", "-", given=file.read_bytes() + b"\n\xff\xfe\n")
    assert piped.code == 1
    assert [line["ok"] for line in piped.lines] == [line["ok"] for line in done.lines] + [False]


def test_a_file_of_arguments_is_for_the_tool_that_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "arguments.jsonl"
    file.write_text(
        '{"search": "predict whether"}\n{"search": "nothing like it"}\n', encoding="utf-8"
    )

    done = typed(capsys, "tool", "list_pipelines", "--from", str(file))

    assert done.code == 0
    assert [line["result"]["total"] for line in done.lines] == [1, 0]


@pytest.mark.parametrize("name", ["missing.jsonl", ".", "latin.jsonl"])
def test_a_file_of_calls_that_cannot_be_read_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"tool": "\xe9"}\n')

    done = typed(capsys, "tool", "--from", name)

    assert (done.code, done.out) == (1, "")
    message, hint = done.err.splitlines()
    assert message.startswith(f"{name} ")
    assert "JSON lines" in hint


@pytest.mark.slow
def test_nothing_is_cut_off_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("tool", "search_docs", "query=why split by time", "limit=1")
    (answer,) = typed(capsys, *words, "--json").lines
    shown = typed(capsys, *words).out

    words_of_passage = answer["items"][0]["passage"]["text"].split()
    assert shown.split()[-len(words_of_passage) :] == words_of_passage


def _place_evil(home: Path) -> None:
    folder = assemble(Settings(home=home)).store.root / "datasets"  # type: ignore[attr-defined]  # the folder store, locally
    (folder / "evil.txt").write_text(EVIL, encoding="utf-8")
    (folder / "name\x1b[31m.txt").write_text("named", encoding="utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ("tool", "preview_object", "bucket=datasets", "key=evil.txt"),
        ("tool", "list_objects", "bucket=datasets"),
        ("tool", "preview_object", "bucket=datasets", "key=name\x1b[31m.tx"),
        ("tool", "describe_run", "run=\x1b]0;evil\x07"),
        ("tool", "\x1b]0;evil\x07"),
        ("tool", "\x1b]0;evil\x07", "--json"),
        ("tool", "preview_object", "bucket=datasets", "key=evil.txt", "--json"),
        ("ask", "preview datasets/evil.txt"),
        ("ask", "preview \x1b]0;evil\x07datasets/evil.txt"),
        ("recommend", "cloud=\x1b]0;evil\x07"),
    ],
)
def test_nothing_from_outside_can_steer_the_terminal(
    capsys: pytest.CaptureFixture[str], home: Path, words: tuple[str, ...]
) -> None:
    _place_evil(home)

    done = typed(capsys, *words)

    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(done.out.replace("\\u", "") + done.err)
    assert done.out + done.err


def test_a_person_at_the_terminal_sees_the_card_and_may_say_no(home: Path) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        **command(home, "tool", "start_run", "pipeline=delay-prediction", TERM="xterm"),
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        os.write(master, b"not now\n")
        out, err = process.communicate(timeout=60)
    os.close(master)
    os.close(slave)

    assert (process.returncode, out) == (1, b"")
    told = err.decode()
    assert "delay-prediction: 8 tasks, on this machine" in told
    assert "Allow? [y]es / [n]o / [e]dit: " in told
    assert told.endswith("start_run was rejected; nothing was changed. They said: not now\n")
    assert assemble(Settings(home=home)).runs.list().total == 0


@pytest.mark.parametrize(("variables", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colors_are_for_terminals_that_want_them(
    home: Path, variables: dict[str, str], colored: bool
) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        **command(home, "settings", TERM="xterm-256color", COLUMNS="200", **variables),
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    ) as process:
        os.close(slave)
        shown = _read_all(master)
        assert process.wait(timeout=60) == 0
    os.close(master)

    assert str(home) in shown
    assert ("\x1b" in shown) == colored


def _read_all(terminal: int) -> str:
    read = b""
    while True:
        try:
            block = os.read(terminal, 4096)
        except OSError:
            # Linux says so when the last process has closed its end.
            return read.decode()
        if not block:
            return read.decode()
        read += block


def test_a_value_is_json_where_it_can_be_and_text_where_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (page,) = typed(capsys, "tool", "list_pipelines", "search=delay prediction", "--json").lines
    assert [item["name"] for item in page["items"]] == ["delay-prediction"]

    done = typed(capsys, "tool", "start_run", "pipeline=delay-prediction", 'parameters={"fold": 3}')
    assert done.code == 1
    assert "fold" in done.err
    assert "folds" in done.err
