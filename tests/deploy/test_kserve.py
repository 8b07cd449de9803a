"""The manifest for KServe: its shape, and that what it starts answers."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from made_models import register
from minio_server import free_port

from core.services import ServingSettings
from core.settings import Settings
from pipelines.delay.pipeline import IMAGE
from surfaces.assembly import assemble

ROOT = Path(__file__).parents[2]
MANIFEST: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "kserve.yaml").read_text("utf-8"))
COMPONENT = frozenset(
    "containers minReplicas maxReplicas scaleTarget scaleMetric containerConcurrency timeout"
    " canaryTrafficPercent serviceAccountName nodeSelector tolerations volumes labels"
    " annotations".split()
)
"""What a predictor may say, of KServe's API `serving.kserve.io/v1beta1`, as far as one needs it."""
PHASE = {"phase": "Design", "borough": "Queens", "work_category": "roof_envelope"}
STARTS_SECONDS = 60
PLACE = "/opt/mlops-swarm"


def container() -> dict[str, Any]:
    (found,) = MANIFEST["spec"]["predictor"]["containers"]
    return dict(found)


def test_the_manifest_is_an_inference_service_as_kubernetes_reads_it() -> None:
    assert (MANIFEST["apiVersion"], MANIFEST["kind"]) == (
        "serving.kserve.io/v1beta1",
        "InferenceService",
    )
    assert set(MANIFEST) == {"apiVersion", "kind", "metadata", "spec"}
    check(MANIFEST["metadata"], "V1ObjectMeta")
    assert set(MANIFEST["spec"]) == {"predictor"}
    predictor = MANIFEST["spec"]["predictor"]
    assert set(predictor) <= COMPONENT
    assert 1 <= predictor["minReplicas"] <= predictor["maxReplicas"]
    check(container(), "V1Container")
    # Only in a container of this name does KServe put the model's files.
    assert container()["name"] == "kserve-container"
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", MANIFEST["metadata"]["name"])


def check(value: object, kind: str) -> None:
    """Check a value against the types of Kubernetes, down to the last field."""
    from kubernetes.client import models

    if inner := re.fullmatch(r"list\[(\w+)\]", kind):
        assert isinstance(value, list), kind
        for item in value:
            check(item, inner[1])
    elif kind.startswith("dict("):
        assert isinstance(value, dict), kind
        assert all(isinstance(part, str) for pair in value.items() for part in pair), value
    elif hasattr(models, kind):
        assert isinstance(value, dict), kind
        known = getattr(models, kind)
        names = {written: name for name, written in known.attribute_map.items()}
        assert set(value) <= set(names), (kind, set(value) - set(names))
        for name, part in value.items():
            check(part, known.openapi_types[names[name]])
    elif kind != "object":
        assert type(value).__name__ == kind, (value, kind)


def test_the_manifest_names_the_image_and_the_settings_that_there_are() -> None:
    assert container()["image"] == IMAGE
    fields = set(ServingSettings.model_fields) | {"home"}
    named = [one["name"] for one in container()["env"] if one["name"].startswith("MLOPS_SWARM_")]
    for name in named:
        assert name.removeprefix("MLOPS_SWARM_").removeprefix("SERVING__").lower() in fields
    port = next(one["value"] for one in container()["env"] if one["name"].endswith("__PORT"))
    probes = [container()[f"{kind}Probe"]["httpGet"] for kind in ("readiness", "liveness")]
    ports = [one["containerPort"] for one in container()["ports"]]
    assert [*ports, *(probe["port"] for probe in probes)] == [int(port)] * 3
    assert MANIFEST["metadata"]["annotations"]["prometheus.io/port"] == port


@pytest.mark.slow
def test_what_the_manifest_starts_answers_with_the_files_of_a_version(tmp_path: Path) -> None:
    with serving(tmp_path, Path(sys.executable).parent) as client:
        answer = client.post("/predict", json={"phases": [PHASE]})
        assert answer.json()["model"] == "delay"
        assert 0 < answer.json()["predictions"][0]["probability"] < 1
        refused = client.post("/predict", json={"phases": [PHASE]}, headers={"X-API-Key": "wrong"})
        assert refused.status_code == 401
        assert "model_version" in client.get("/metrics").text


@pytest.mark.slow
def test_the_commands_of_the_image_work_in_a_folder_of_their_own(tmp_path: Path) -> None:
    place = installed(tmp_path)
    variables = {"PATH": f"{place}/bin:{os.defpath}", "MLOPS_SWARM_HOME": str(tmp_path / "data")}
    told = run(tmp_path, variables, f"{place}/bin/mlops-swarm", "tool", "list_pipelines", "--json")
    names = [one["name"] for one in json.loads(told)["items"]]
    assert "delay-prediction" in names
    # As tasks on a cluster are started: from anywhere, and never from a checkout.
    found = run(tmp_path, variables, "python3", "-c", "import pipelines; print(pipelines.__file__)")
    assert found.startswith(str(place))
    with serving(tmp_path, place / "bin") as client:
        assert client.get("/health").json()["status"] == "ok"


def installed(folder: Path) -> Path:
    """Carry out what the image's file says of the installation, with folders of our own."""
    text = (ROOT / "deploy" / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    source, place = folder / "source", folder / "opt"
    source.mkdir()
    for line in text.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                whole = ROOT / name
                ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
                if whole.is_dir():
                    shutil.copytree(whole, source / name, ignore=ignored)
                else:
                    shutil.copy(whole, source)
    (steps,) = [line for line in text.splitlines() if line.startswith("RUN uv venv ")]
    for step in steps.removeprefix("RUN ").replace(PLACE, str(place)).split("&&"):
        words = step.replace("--no-cache", "").split()
        # Outside an image, `uv venv` takes whichever Python it finds first.
        run(source, dict(os.environ) | {"UV_PYTHON": sys.executable}, *words)  # noqa: TID251  # for uv
    return place


def run(folder: Path, variables: Mapping[str, str], *words: str) -> str:
    program = shutil.which(words[0], path=variables["PATH"]) or words[0]
    done = subprocess.run(
        [program, *words[1:]],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(folder: Path, programs: Path) -> Iterator[httpx.Client]:
    """Start what the manifest starts, with the files of a version where KServe puts them."""
    assistant = assemble(Settings(home=folder / "home"))
    register(assistant.registry, assistant.store, "aaaaaaaa", "LogisticRegression")
    models = folder / "mnt"
    for name in ("model.skops", "card.json", "reference.json"):
        assistant.store.download("models", f"delay/1/{name}", models / name)
    port = str(free_port())
    command = [word.replace("/mnt/models", str(models)) for word in container()["command"]]
    given = {one["name"]: one.get("value", "a-key") for one in container()["env"]}
    given |= {"MLOPS_SWARM_HOME": str(folder / "served"), "MLOPS_SWARM_SERVING__PORT": port}
    with subprocess.Popen(
        [str(programs / command[0]), *command[1:]],
        cwd=folder,
        env={"PATH": f"{programs}:{os.defpath}", **given},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            transport = httpx.HTTPTransport(retries=0)
            address, key = f"http://127.0.0.1:{port}", {"X-API-Key": "a-key"}
            with httpx.Client(base_url=address, headers=key, transport=transport) as client:
                wait_for(client, process)
                yield client
        finally:
            process.terminate()


def wait_for(client: httpx.Client, process: "subprocess.Popen[str]") -> None:
    import time

    deadline = time.monotonic() + STARTS_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr and process.stderr.read()
        try:
            if client.get("/health").status_code == 200:
                return
        except httpx.ConnectError:
            # Nothing tells when the service is up but its own answer.
            time.sleep(0.1)
    raise AssertionError("the service did not come up")
