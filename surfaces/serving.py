"""The process that answers for a real-time deployment.

On one machine: `python -m surfaces.serving FOLDER HANDLE`, as the assistant starts it; it reads the
deployment's record, follows the registry and reports on the handle when it answers. On a cluster:
`python -m surfaces.serving --model /mnt/models`, with the files of one version in that folder.
"""

import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import AssistantError, UnavailableError
from core.models import ModelReference
from core.settings import Settings, read_settings
from models.candidates import read_card, read_reference
from models.deployments.recording import Recorder
from models.deployments.records import RECORD, RECORDED, DeploymentRecord, Records
from models.loading import read_model
from models.registry import Registry
from models.serving.served import Served, ServedModel
from surfaces.services import store_of

if TYPE_CHECKING:
    from core.models import ModelCard
    from models.loading import Classifier

CLUSTER_PORT = 8080
WAITING_CONNECTIONS = 2048
END_SECONDS = 8
SWITCH_SECONDS = 0.0005


def main(arguments: Sequence[str]) -> int:
    """Serve until the process is told to end."""
    if len(arguments) == 2 and arguments[0] == "--model":
        return _serve_folder(Path(arguments[1]))
    if len(arguments) == 2 and arguments[1].isdecimal():
        return _serve_deployment(Path(arguments[0]), int(arguments[1]))
    sys.stderr.write("Give a deployment's folder and a handle, or --model and a folder.\n")
    return 2


def _serve_deployment(folder: Path, handle: int) -> int:
    with open(handle, "w", encoding="utf-8") as pipe:

        def tell(**words: str) -> None:
            pipe.write(json.dumps(words) + "\n")
            pipe.flush()

        try:
            settings = read_settings(home=folder.parent.parent)
            records = Records(folder.parent)
            served = _followed(settings, records, folder)
            listening = _listen(settings.serving.host, settings.serving.port)
        except AssistantError as error:
            tell(error=str(error))
            return 1
        host, port = listening.getsockname()[:2]
        threading.Thread(target=served.follow, name="follower", daemon=True).start()
        key = records.key(folder.name)
        _run(served, key, listening, lambda: tell(address=f"http://{host}:{port}"))
    return 0


def _followed(settings: Settings, records: Records, folder: Path) -> ServedModel:
    """Return what a deployment's record asks for, as the registry says now."""
    registry = Registry(store_of(settings))
    name = folder.name

    def load() -> Served:
        version = registry.find(records.read(name).reference)
        return served_of(
            registry.card(version), registry.load(version).classifier, registry.reference(version)
        )

    def mark() -> object:
        record: DeploymentRecord = records.read(name)
        return record.reference, registry.mark(record.model) if record.follows else ""

    if not (folder / RECORD).exists():
        raise UnavailableError(f"{folder} is no deployment.", hint="Deploy a model first.")
    recorder = Recorder(folder / RECORDED, settings.serving.recorded_rows)
    return ServedModel(load, mark, recorder)


def _serve_folder(folder: Path) -> int:
    settings = read_settings()

    def load() -> Served:
        try:
            classifier = read_model((folder / "model.skops").read_bytes(), "model.skops")
            card = read_card((folder / "card.json").read_bytes(), "card.json")
            kept = folder / "reference.json"
            reference = read_reference(kept.read_bytes(), kept.name) if kept.exists() else None
        except OSError as error:
            raise UnavailableError(f"{folder} holds no model: {error}.") from error
        return served_of(card, classifier, reference)

    try:
        served = ServedModel(load, lambda: 0)
        listening = _listen("0.0.0.0", settings.serving.port or CLUSTER_PORT)
    except AssistantError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _run(served, settings.serving.api_key.get_secret_value(), listening, lambda: None)
    return 0


def served_of(
    card: "ModelCard", classifier: "Classifier", reference: ModelReference | None
) -> Served:
    """Return a version that answers for a service."""
    from pipelines.delay.bundle import scorer_of

    everything = card.typical.get("", {})
    return Served(
        model=card.version.model,
        version=card.version.version,
        algorithm=card.version.algorithm,
        scorer=scorer_of(classifier, reference),
        typical=card.typical,
        words=frozenset(name for name, value in everything.items() if isinstance(value, str))
        | frozenset(name for name, kept in _profiles(reference) if kept),
    )


def _profiles(reference: ModelReference | None) -> Sequence[tuple[str, bool]]:
    found = reference.features if reference else {}
    return [(name, bool(profile.categories)) for name, profile in found.items()]


def _listen(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UnavailableError(
            f"The service cannot listen on {host}:{port}: {error.strerror}.",
            hint="Choose another with MLOPS_SWARM_SERVING__PORT, or 0 for any free one.",
        ) from error
    listening.listen(WAITING_CONNECTIONS)
    return listening


def _run(
    served: ServedModel, key: str, listening: socket.socket, ready: Callable[[], None]
) -> None:
    import uvicorn

    # Other threads record and look for versions: none of them may hold up an answer for long.
    sys.setswitchinterval(SWITCH_SECONDS)

    from models.serving.app import create_app
    from pipelines.delay.request import PhaseRequest

    app = create_app(served, PhaseRequest, key, ready)
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=END_SECONDS
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    # One thread for numbers: a single row is not worth two, and requests come side by side.
    os.environ["OMP_NUM_THREADS"] = "1"  # noqa: TID251  # written for libraries, never read
    sys.exit(main(sys.argv[1:]))
