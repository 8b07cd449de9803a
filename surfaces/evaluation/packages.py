"""The world's pipelines beyond the shipped one, as compiled packages."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import yaml

from core.pipelines import ParameterValue, PipelineSpec
from pipelines.catalog import Catalog, read_package
from surfaces.evaluation.world_file import WorldFile, WorldPipeline

OBJECT_PARAMETER = "data"
"""The parameter that names an object in every pipeline of ours."""


def catalog_of(world: WorldFile) -> Catalog:
    """Return a catalog with every pipeline of the world; one without tasks is the shipped one."""
    return Catalog([_spec(added) for added in world.pipelines if added.tasks])


def _spec(pipeline: WorldPipeline) -> PipelineSpec:
    spec = read_package(yaml.safe_dump(_package(pipeline), sort_keys=False))
    parameters = tuple(
        replace(parameter, is_object=parameter.name == OBJECT_PARAMETER)
        for parameter in spec.parameters
    )
    return replace(spec, parameters=tuple(sorted(parameters, key=lambda found: found.name)))


def _package(pipeline: WorldPipeline) -> Mapping[str, Any]:
    tasks = {
        name: {
            "componentRef": {"name": f"comp-{name}"},
            "taskInfo": {"name": name},
            "dependentTasks": list(pipeline.tasks[:number][-1:]),
        }
        for number, name in enumerate(pipeline.tasks)
    }
    command = {"image": "python:3.11", "command": ["python", "-m", "pipelines.task"]}
    return {
        "pipelineInfo": {"name": pipeline.name, "description": pipeline.description},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
        "root": {
            "dag": {"tasks": tasks},
            "inputDefinitions": {
                "parameters": {
                    name: {"parameterType": _type(default), "defaultValue": default}
                    for name, default in pipeline.parameters.items()
                }
            },
        },
        "components": {f"comp-{name}": {"executorLabel": f"exec-{name}"} for name in tasks},
        "deploymentSpec": {"executors": {f"exec-{name}": {"container": command} for name in tasks}},
    }


def _type(default: ParameterValue) -> str:
    if isinstance(default, bool):
        return "BOOLEAN"
    return "NUMBER_DOUBLE" if isinstance(default, int | float) else "STRING"
