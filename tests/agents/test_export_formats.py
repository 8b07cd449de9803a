"""What the formats say of a script, whatever is in it."""

import ast
import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agents.exports import bash, notebook, python, workflow
from agents.exports.record import in_one_line
from agents.exports.script import Part, Script, Step, Variable, Wait, with_variables
from surfaces.cli.calling import parse_arguments

RUN = Variable(name="run_1")
ID = "12345e78"
"""A run's id that the command line could take for a number."""
NASTY = (
    "$(touch here)",
    "`touch here`",
    "it's; rm -rf x",
    'a "quoted" word',
    "two\nlines\r\nand\x85more",
    "\x1b[31mred\u202eend",
    "${{ secrets.KEY }}",
    "3",
    "true",
    "null",
    "NaN",
    '"3"',
    "{broken",
    "-x",
    "",
    "back\\slash",
    "\ue000run_1\ue001",
    "ünïcode ✓",
    "!history",
    '"""',
)


def script(*parts: Part, last: Sequence[Wait] = ()) -> Script:
    return Script(
        session="c8a0191d",
        name="train the model",
        date="2026-05-14",
        parts=parts,
        last=tuple(last),
        left_out=(),
    )


TRAINED = script(
    Part(
        words="train with 3 folds",
        steps=(
            Step(
                tool="start_run",
                arguments={"pipeline": "delay-prediction", "parameters": {"folds": 3}},
                changes=True,
                run=RUN,
            ),
        ),
    ),
    Part(
        words="which model won, and what did it leave?",
        steps=(
            Step(
                tool="read_metrics",
                arguments={"run": RUN},
                changes=False,
                waits=(Wait(run=RUN, succeeded=True),),
            ),
            Step(
                tool="preview_object",
                arguments=with_variables(
                    {"bucket": "artifacts", "key": f"delay/{ID}/report.csv"}, {ID: RUN}
                ),  # type: ignore[arg-type]  # a mapping stays one
                changes=False,
            ),
            Step(
                tool="compare_runs",
                arguments={"runs": [RUN, "c4d2907e"]},
                changes=False,
            ),
        ),
    ),
)


def test_a_python_script_calls_the_tools_and_hands_runs_on() -> None:
    assert python.write(TRAINED) == (
        "# What was done in the conversation “train the model”, 2026-05-14.\n"
        "# Running it makes the same changes again, without asking.\n"
        "# Paths of local files count from the folder that it is run in.\n"
        "from surfaces.scripting import open_assistant, show\n"
        "\n"
        "assistant = open_assistant(allow_changes=True)\n"
        "\n"
        "# “train with 3 folds”\n"
        'run_1 = assistant.call("start_run", pipeline="delay-prediction",'
        ' parameters={"folds": 3})\n'
        "show(run_1)\n"
        "\n"
        "# “which model won, and what did it leave?”\n"
        "assistant.wait(run_1.id)\n"
        'show(assistant.call("read_metrics", run=run_1.id))\n'
        "show(assistant.call(\n"
        '    "preview_object",\n'
        '    bucket="artifacts",\n'
        '    key="delay/" + run_1.id + "/report.csv",\n'
        "))\n"
        'show(assistant.call("compare_runs", runs=[run_1.id, "c4d2907e"]))\n'
    )


def test_a_bash_script_stops_at_the_first_error_and_hands_runs_on() -> None:
    assert bash.write(TRAINED) == (
        "#!/usr/bin/env bash\n"
        "# What was done in the conversation “train the model”, 2026-05-14.\n"
        "# Running it makes the same changes again, without asking.\n"
        "# Paths of local files count from the folder that it is run in.\n"
        "set -euo pipefail\n"
        "\n"
        "# “train with 3 folds”\n"
        "run_1=$(mlops-swarm tool start_run \\\n"
        "    pipeline=delay-prediction \\\n"
        "    'parameters={\"folds\": 3}' \\\n"
        "    --yes --only id)\n"
        "\n"
        "# “which model won, and what did it leave?”\n"
        'mlops-swarm wait "$run_1"\n'
        'mlops-swarm tool read_metrics run="$run_1"\n'
        'mlops-swarm tool preview_object bucket=artifacts key=delay/"$run_1"/report.csv\n'
        'mlops-swarm tool compare_runs \'runs=["\'"$run_1"\'", "c4d2907e"]\'\n'
    )


def test_a_script_that_only_reads_may_change_nothing() -> None:
    looked = script(
        Part(words="", steps=(Step(tool="list_buckets", arguments={}, changes=False),)),
        last=[Wait(run=RUN, succeeded=False)],
    )

    assert "open_assistant(allow_changes=False)" in python.write(looked)
    assert "without asking" not in python.write(looked)
    assert "--yes" not in bash.write(looked)
    assert python.write(looked).endswith("assistant.wait(run_1.id, must_succeed=False)\n")
    assert bash.write(looked).endswith('mlops-swarm wait "$run_1" --any-end\n')


def bash_words(arguments: Sequence[str]) -> list[str]:
    """Return what Bash hands on of words as they stand in a script."""
    text = f'run_1="{ID}"\nprintf "%s\\\\0" {" ".join(arguments)}'
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], capture_output=True, check=True, timeout=20
    )
    return done.stdout.decode().split("\0")[:-1]


def test_every_text_reaches_the_tool_through_bash_as_it_is() -> None:
    values: dict[str, object] = {f"a{n}": text for n, text in enumerate(NASTY)}
    values |= {f"b{n}": {text: [text, 1, None]} for n, text in enumerate(NASTY)}

    written = [bash.argument(name, value) for name, value in values.items()]

    # The two characters that mark a variable's place are no text that anybody writes.
    expected = json.loads(
        json.dumps(values).replace("\\ue000", "\\ufffd").replace("\\ue001", "\\ufffd")
    )
    assert parse_arguments(bash_words(written)) == expected
    assert all(word.isprintable() for word in written)


def test_a_run_of_the_script_is_put_in_at_any_depth() -> None:
    value = with_variables({"runs": [ID, f"models/{ID}/x's"], "it": ID}, {ID: RUN})
    words = bash_words([bash.argument("deep", value), bash.argument("run", RUN)])

    assert words[0] == f'deep={{"runs": ["{ID}", "models/{ID}/x\'s"], "it": "{ID}"}}'
    assert words[1] == f"run={ID}"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(value=JSON)
@settings(max_examples=80, deadline=None, database=None)
def test_python_reads_every_value_as_it_was(value: object) -> None:
    text = python.literal(value)
    if "float(" not in text:
        assert ast.literal_eval(text) == value
    assert text.isprintable()


@pytest.mark.parametrize("words", NASTY)
def test_the_persons_words_stay_words_in_every_format(words: str) -> None:
    told = in_one_line(words)
    made = replace(TRAINED, name=told, parts=(replace(TRAINED.parts[0], words=told),))

    body = [type(node).__name__ for node in ast.parse(python.write(made)).body]
    assert body == ["ImportFrom", "Assign", "Assign", "Expr"]
    commands = [
        line for line in bash.write(made).splitlines() if line and not line.startswith(("#", " "))
    ]
    assert commands == ["set -euo pipefail", "run_1=$(mlops-swarm tool start_run \\"]
    read = yaml.safe_load(workflow.write(made))
    assert len(read["jobs"]["again"]["steps"]) == 4
    # In a comment GitHub puts nothing in.
    assert "${{ secrets" not in json.dumps(read)


def test_a_workflow_is_started_by_hand_installs_and_takes_the_steps() -> None:
    text = workflow.write(TRAINED)
    read = yaml.safe_load(text)

    assert read["on"] == {
        "workflow_dispatch": {
            "inputs": {
                "assistant": {
                    "description": "What pip installs mlops-swarm from: a folder, a wheel,"
                    " an address",
                    "default": ".",
                }
            }
        }
    }
    assert read["permissions"] == {"contents": "read"}
    job = read["jobs"]["again"]
    assert job["defaults"] == {"run": {"shell": "bash"}}
    checkout, setup, install, train, won = job["steps"]
    assert checkout == {"uses": "actions/checkout@v4"}
    assert setup == {"uses": "actions/setup-python@v5", "with": {"python-version": "3.11"}}
    assert install["env"] == {"ASSISTANT": "${{ inputs.assistant }}"}
    assert train["name"] == "train with 3 folds"
    # The next step is a shell of its own: the run is handed on through the job's variables.
    assert train["run"].endswith('echo "run_1=$run_1" >> "$GITHUB_ENV"\n')
    assert won["run"].startswith('mlops-swarm wait "$run_1"\n')
    for step in (install, train, won):
        subprocess.run(["bash", "-n", "-c", step["run"]], check=True, timeout=20)


def test_what_github_would_put_in_is_handed_on_as_it_was_said() -> None:
    step = Step(tool="tag_object", arguments={"tags": {"who": "${{ secrets.KEY }}"}}, changes=True)
    run = yaml.safe_load(workflow.write(script(Part(words="", steps=(step,)))))["jobs"]["again"][
        "steps"
    ][-1]["run"]

    assert "${{ secrets" not in run
    # GitHub puts the text between the braces, which is what opens them, in their place.
    assert "${{ secrets.KEY }}" in run.replace("${{ '${{' }}", "${{")


# What version 4.5 of the format asks of a notebook and of the two kinds of cells used here.
_SOURCE = {"type": "array", "items": {"type": "string"}}
_CELL_ID = {"type": "string", "pattern": "^[a-zA-Z0-9-_]+$", "minLength": 1, "maxLength": 64}
NOTEBOOK: Mapping[str, Any] = {
    "type": "object",
    "required": ["metadata", "nbformat", "nbformat_minor", "cells"],
    "additionalProperties": False,
    "properties": {
        "metadata": {"type": "object"},
        "nbformat": {"const": 4},
        "nbformat_minor": {"const": 5},
        "cells": {
            "type": "array",
            "items": {
                "oneOf": [
                    {
                        "required": ["id", "cell_type", "metadata", "source"],
                        "additionalProperties": False,
                        "properties": {
                            "id": _CELL_ID,
                            "cell_type": {"const": "markdown"},
                            "metadata": {"type": "object"},
                            "source": _SOURCE,
                        },
                    },
                    {
                        "required": [
                            "id",
                            "cell_type",
                            "metadata",
                            "source",
                            "outputs",
                            "execution_count",
                        ],
                        "additionalProperties": False,
                        "properties": {
                            "id": _CELL_ID,
                            "cell_type": {"const": "code"},
                            "metadata": {"type": "object"},
                            "source": _SOURCE,
                            "outputs": {"const": []},
                            "execution_count": {"type": "null"},
                        },
                    },
                ]
            },
        },
    },
}


def test_a_notebook_is_valid_and_its_cells_are_the_script() -> None:
    read = json.loads(notebook.write(TRAINED))

    Draft202012Validator(NOTEBOOK).validate(read)
    ids = [cell["id"] for cell in read["cells"]]
    assert len(set(ids)) == len(ids)
    code = ["".join(cell["source"]) for cell in read["cells"] if cell["cell_type"] == "code"]
    bare = [
        line for line in python.write(TRAINED).splitlines() if line and not line.startswith("#")
    ]
    assert [line for line in "\n".join(code).splitlines() if line] == bare
    told = ["".join(c["source"]) for c in read["cells"] if c["cell_type"] == "markdown"]
    assert told[1] == "“train with 3 folds”"


def test_words_in_a_notebook_are_no_markup() -> None:
    evil = '<img src="x"> ![a](http://x) **b** `c`'
    made = replace(TRAINED, parts=(replace(TRAINED.parts[0], words=evil),))
    cell = json.loads(notebook.write(made))["cells"][2]

    assert "".join(cell["source"]) == (
        '“&lt;img src="x"&gt; \\!\\[a\\]\\(http://x\\) \\*\\*b\\*\\* \\`c\\`”'
    )
