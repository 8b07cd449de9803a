"""The stand-in cluster answers as the API does: in its models, and to its own client."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import kfp_server_api as api
import pytest
import tiny_pipelines
import urllib3
from kubeflow_nodes import Progress
from kubeflow_server import KubeflowServer, kubeflow_server
from tiny_pipelines import compiled

from core.pipelines import PipelineSpec

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_SIMPLE: Mapping[str, Callable[[Any], object]] = {
    "str": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "datetime": lambda value: _RFC3339.fullmatch(value) and datetime.fromisoformat(value),
    "object": lambda value: value is not None,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[KubeflowServer]:
    with kubeflow_server() as server:
        fill(server, compiled(tiny_pipelines.fitting, tmp_path))
        yield server


def fill(server: KubeflowServer, pipeline: PipelineSpec) -> None:
    """Put one of everything on a cluster."""
    state = server.state
    made = state.create_pipeline(api.V2beta1Pipeline(name=pipeline.name))
    version = state.upload_version(made.pipeline_id, "first", pipeline.package.encode())
    reference = api.V2beta1PipelineVersionReference(
        pipeline_id=made.pipeline_id, pipeline_version_id=version.pipeline_version_id
    )
    config = api.V2beta1RuntimeConfig(parameters={"names": ["SVC", "MLP"]})
    run = state.create_run(
        api.V2beta1Run(
            display_name="one", pipeline_version_reference=reference, runtime_config=config
        )
    )
    state.end(
        run.run_id, "FAILED", Progress(states={"fit": "FAILED"}, reasons={"fit": "out of memory"})
    )
    state.create_recurring(
        api.V2beta1RecurringRun(
            display_name="nightly",
            mode="ENABLE",
            trigger=api.V2beta1Trigger(cron_schedule=api.V2beta1CronSchedule(cron="0 0 6 * * *")),
            pipeline_version_reference=reference,
            runtime_config=config,
        )
    )


def misfits(value: Any, kind: str, where: str) -> Sequence[str]:
    """Return what in an answer is not as the API's types have it."""
    if many := re.fullmatch(r"list\[(.*)\]", kind):
        return [text for item in value for text in misfits(item, many[1], f"{where}[]")]
    if named := re.fullmatch(r"dict\(str, (.*)\)", kind):
        return [t for key, item in value.items() for t in misfits(item, named[1], f"{where}.{key}")]
    if kind in _SIMPLE:
        return [] if _SIMPLE[kind](value) else [f"{where}: {value!r} is no {kind}"]
    model = getattr(api, kind)
    if hasattr(model, "allowable_values"):
        return [] if value in model.allowable_values else [f"{where}: {value!r} is not allowed"]
    types = {key: model.openapi_types[name] for name, key in model.attribute_map.items()}
    unknown = [f"{where}.{key}: unknown" for key in value if key not in types]
    known = [(key, item) for key, item in value.items() if key in types]
    return unknown + [t for key, item in known for t in misfits(item, types[key], f"{where}.{key}")]


def test_every_answer_has_the_types_of_the_api(server: KubeflowServer) -> None:
    state = server.state
    run, version = next(iter(state.runs)), next(iter(state.versions.values()))
    pipeline, experiment = version.pipeline_id, next(iter(state.experiments))
    answers = {
        "/healthz": "V2beta1GetHealthzResponse",
        "/runs": "V2beta1ListRunsResponse",
        f"/runs/{run}": "V2beta1Run",
        "/experiments": "V2beta1ListExperimentsResponse",
        f"/experiments/{experiment}": "V2beta1Experiment",
        "/pipelines": "V2beta1ListPipelinesResponse",
        "/pipelines/names/fitting": "V2beta1Pipeline",
        f"/pipelines/{pipeline}": "V2beta1Pipeline",
        f"/pipelines/{pipeline}/versions": "V2beta1ListPipelineVersionsResponse",
        f"/pipelines/{pipeline}/versions/{version.pipeline_version_id}": "V2beta1PipelineVersion",
        "/recurringruns": "V2beta1ListRecurringRunsResponse",
        f"/recurringruns/{next(iter(state.recurring))}": "V2beta1RecurringRun",
    }
    for path, kind in answers.items():
        reply = urllib3.request("GET", f"{server.url}/apis/v2beta1{path}")
        assert reply.status == 200, path
        assert list(misfits(reply.json(), kind, path)) == []
        assert len(reply.data) > 20, path


def test_what_is_created_is_answered_in_the_types_of_the_api(server: KubeflowServer) -> None:
    run = next(iter(server.state.runs.values()))
    reference = {
        "pipeline_id": run.pipeline_version_reference.pipeline_id,
        "pipeline_version_id": run.pipeline_version_reference.pipeline_version_id,
    }
    bodies = {
        "/runs": (
            "V2beta1Run",
            {
                "display_name": "two",
                "pipeline_version_reference": reference,
                "runtime_config": {"parameters": {"names": ["KNN"]}},
            },
        ),
        "/experiments": ("V2beta1Experiment", {"display_name": "spring"}),
        "/pipelines": ("V2beta1Pipeline", {"name": "other"}),
        "/recurringruns": (
            "V2beta1RecurringRun",
            {
                "display_name": "hourly",
                "mode": "ENABLE",
                "trigger": {"cron_schedule": {"cron": "0 0 * * * *"}},
                "pipeline_version_reference": reference,
            },
        ),
    }
    for path, (kind, body) in bodies.items():
        reply = urllib3.request("POST", f"{server.url}/apis/v2beta1{path}", json=body)
        assert (reply.status, list(misfits(reply.json(), kind, path))) == (200, [])


def test_errors_are_worded_as_the_api_words_them(server: KubeflowServer) -> None:
    reply = urllib3.request("GET", f"{server.url}/apis/v2beta1/runs/nothing")
    body = reply.json()
    assert (reply.status, body["code"], body["error"]) == (404, 5, body["message"])
    # The details may hold any message; what it is called is all that is fixed.
    assert [detail["@type"] for detail in body["details"]] == [
        "type.googleapis.com/google.rpc.Status"
    ]
    assert misfits({"code": body["code"], "message": body["message"]}, "GoogleRpcStatus", "") == []
    wrong = json.dumps(
        {"predicates": [{"key": "colour", "operation": "EQUALS", "string_value": "x"}]}
    )
    refused = urllib3.request("GET", f"{server.url}/apis/v2beta1/runs", fields={"filter": wrong})
    assert (refused.status, refused.json()["code"]) == (400, 3)


@pytest.mark.filterwarnings("ignore:This client only works with Kubeflow Pipeline:FutureWarning")
def test_the_stock_client_can_work_with_it(server: KubeflowServer) -> None:
    import kfp

    client = kfp.Client(host=server.url)
    assert [run.display_name for run in client.list_runs().runs] == ["one"]
    assert client.get_pipeline_id("fitting") == next(iter(server.state.pipelines))
    run = client.get_run(next(iter(server.state.runs)))
    names = [node.display_name for node in run.run_details.task_details]
    assert {"root", "root-driver", "fit-driver", "fit", "executor"} <= set(names)
    assert client.create_experiment("autumn").display_name == "autumn"
    client.archive_run(run.run_id)
    assert server.state.runs[run.run_id].storage_state == "ARCHIVED"
