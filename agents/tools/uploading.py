"""What the KFP agent can do to make pipelines available."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from agents.events import Effect
from agents.toolbox import Tool
from core.errors import NotFoundError, RequestError
from core.pipelines import Parameter, PipelineSpec
from core.runs import RunBackend
from core.settings import plain_variables
from pipelines.catalog import Catalog, read_package
from pipelines.sources import PipelineSource, compile_source, read_source, read_text

PACKAGES = frozenset({".yaml", ".yml"})
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""What can be the name of a pipeline: it becomes a part of object keys."""


@dataclass(frozen=True, slots=True)
class UploadTools:
    """Pipelines that people bring."""

    catalog: Catalog
    runs: RunBackend

    def upload_pipeline(self, path: str, name: str = "") -> PipelineSpec:
        """Make a pipeline available to be run by its name, or a new version of one.

        Args:
            path: A compiled KFP package (YAML), or a Python file with one `@dsl.pipeline`.
            name: Its name; what the file says, if empty.
        """
        file = _found(path)
        if file.suffix in PACKAGES:
            package = read_text(file)
        else:
            package = compile_source(read_source(file), plain_variables())
        spec = _named(read_package(package), name)
        self._check_name(spec.name)
        self.runs.upload(spec)
        return replace(spec, versions=tuple(self.runs.versions(spec.name)))

    def upload_pipeline_details(self, path: str, name: str) -> Mapping[str, str]:
        """Say what the file holds, and that a Python file is executed to compile it."""
        file = _found(path)
        if file.suffix in PACKAGES:
            spec = _named(read_package(read_text(file)), name)
            return {**self._about(spec.name), **_package_told(file, spec)}
        source = read_source(file)
        return {**self._about(name or source.name), **_source_told(source)}

    def _about(self, name: str) -> Mapping[str, str]:
        self._check_name(name)
        before = self.runs.versions(name)
        new = f"a new version of it ({len(before)} before)" if before else "new"
        return {"pipeline": f"{name}, {new}"}

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise RequestError(
                f"{name!r} cannot be the name of a pipeline.",
                hint="Use small letters, digits and hyphens: `weather-delay`.",
                quoted=[name],
            )
        if name in self.catalog.shipped():
            raise RequestError(
                f"{name} comes with this assistant and is not replaced.",
                hint="Give yours another name.",
            )

    def tools(self) -> tuple[Tool, ...]:
        """Return the tools of this agent."""
        return (Tool(self.upload_pipeline, Effect.WRITES, details=self.upload_pipeline_details),)


def _found(path: str) -> Path:
    file = Path(path).expanduser()
    if not file.is_file():
        folder = file.parent
        near = (
            sorted(one.name for one in folder.glob("*") if one.suffix in {".py", *PACKAGES})
            if folder.is_dir()
            else []
        )
        shown = f" In {folder} there is: {', '.join(near[:5])}." if near else ""
        raise NotFoundError(
            f"There is no file {path!r}.",
            hint=f"Paths are as seen from {Path.cwd()}.{shown}",
            quoted=near[:5],
        )
    if file.suffix not in {".py", *PACKAGES}:
        raise RequestError(
            f"{file.name} is neither a compiled package nor a Python file.",
            hint="Give a `.yaml` that the KFP compiler wrote, or a `.py` with one `@dsl.pipeline`.",
        )
    return file


def _named(spec: PipelineSpec, name: str) -> PipelineSpec:
    """Return a pipeline under another name, if one is given; its package says so too."""
    if not name or name == spec.name:
        return spec
    first, *others = yaml.safe_load_all(spec.package)
    first["pipelineInfo"]["name"] = name
    return read_package(yaml.safe_dump_all([first, *others], sort_keys=False))


def _package_told(file: Path, spec: PipelineSpec) -> Mapping[str, str]:
    return {
        "file": f"{file} (a compiled package; nothing in it runs now)",
        "tasks": ", ".join(task.name for task in spec.tasks) or "none",
        "parameters": ", ".join(map(_parameter, spec.parameters)) or "none",
    }


def _parameter(parameter: Parameter) -> str:
    told = "required" if parameter.required else f"default {parameter.default}"
    return f"{parameter.name} ({parameter.type}, {told})"


def _source_told(source: PipelineSource) -> Mapping[str, str]:
    return {
        "file": str(source.path),
        "executes": f"the code of {source.path.name}, to compile it: in a process of its own,"
        " without this assistant's settings, but with your rights on this machine",
        "tasks": ", ".join(source.calls) or "none that the text shows",
        "parameters": ", ".join(source.parameters) or "none",
    }
