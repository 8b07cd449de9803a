"""A workflow for GitHub Actions: the lines of the Bash script, a step for each request."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from agents.exports import bash
from agents.exports.script import Part, Script

if TYPE_CHECKING:
    import yaml

PYTHON = "3.11"
INSTALL = 'python -m pip install uv\nuv pip install --system "$ASSISTANT"\n'
NOTES = (
    "Where it works on is said by variables, as everywhere: MLOPS_SWARM_STORE__…,",
    "MLOPS_SWARM_RUNS__…; keys belong into the repository's secrets. Without them it works in an",
    "empty home of its own, which ends with the job.",
)


def write(script: Script) -> str:
    """Return a script as a workflow that is started by hand."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes texts of several lines as blocks."""

    Dumper.add_representer(str, _represented)
    about = "".join(f"# {line}\n" for line in [*script.about, *NOTES])
    document = yaml.dump(
        _document(script), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000
    )
    return f"{about}{document}"


def _document(script: Script) -> Mapping[str, object]:
    steps: list[Mapping[str, object]] = [
        {"uses": "actions/checkout@v4"},
        {"uses": "actions/setup-python@v5", "with": {"python-version": PYTHON}},
        {
            "name": "Install the assistant",
            "env": {"ASSISTANT": "${{ inputs.assistant }}"},
            "run": INSTALL,
        },
        *_steps(script),
    ]
    assistant = {
        "description": "What pip installs mlops-swarm from: a folder, a wheel, an address",
        "default": ".",
    }
    job = {
        "runs-on": "ubuntu-latest",
        "defaults": {"run": {"shell": "bash"}},
        "steps": steps,
    }
    return {
        "name": _inert(f"Again: {script.name}"),
        "on": {"workflow_dispatch": {"inputs": {"assistant": assistant}}},
        "permissions": {"contents": "read"},
        "jobs": {"again": job},
    }


def _steps(script: Script) -> Iterator[Mapping[str, object]]:
    for part in script.parts:
        name = part.words or ", ".join(dict.fromkeys(step.tool for step in part.steps))
        yield {"name": _inert(name), "run": _inert("\n".join([*bash.lines(part), *_kept(part)]))}
    if script.last:
        yield {"name": "Wait for the runs", "run": "\n".join(bash.waits(script.last)) + "\n"}


def _kept(part: Part) -> Iterator[str]:
    """Yield the lines that hand runs on to later steps, and end the block."""
    for step in part.steps:
        if step.run is not None:
            yield f'echo "{step.run.name}=${step.run.name}" >> "$GITHUB_ENV"'
    yield ""


def _inert(text: str) -> str:
    """Return a text in which GitHub finds nothing to put in: what is said stays what is said."""
    return text.replace("${{", "${{ '${{' }}")


def _represented(dumper: "yaml.SafeDumper", text: str) -> "yaml.ScalarNode":
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
