"""An assistant whose logs, objects, documents, names and errors hold texts from outside."""

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from injections import ObedientModel

from agents.session import Session
from agents.specialists import SPECIALISTS
from agents.swarm import Swarm
from agents.toolbox import Toolbox
from agents.tools.knowledge import KnowledgeTools
from agents.tools.models import ModelTools
from agents.tools.object_use import InUse
from agents.tools.objects import ObjectTools
from agents.tools.pipelines import PipelineTools
from backends.index_chroma import ChromaIndex
from backends.runs_local.history import NewRun, RunHistory
from backends.runs_local.logs import task_log
from backends.runs_local.package import read_plan
from backends.runs_local.processes import Worker
from core.pipelines import PipelineSpec
from core.runs import RunState, TaskState
from core.settings import Limits
from core.visible import visible
from knowledge.library import CORPUS, Library
from pipelines.catalog import Catalog
from surfaces.assembly import Assistant

PLACES = (
    "log",
    "object",
    "key",
    "document",
    "run name",
    "experiment",
    "reason",
    "pipeline name",
    "pipeline description",
    "error about an object",
    "error about a run",
    "error about metrics",
)
_IN_RUNS = {
    "log": ("kfp", "read_logs", "log"),
    "run name": ("kfp", "describe_run", "name"),
    "experiment": ("kfp", "describe_run", "experiment"),
    "reason": ("kfp", "describe_run", "reason"),
    "error about metrics": ("minio", "read_metrics", "reason"),
}
"""Which agent's tool reads a part of a run."""
PAGES = 8
"""How many pages of the corpus surround a planted one: enough to learn vectors from."""


@dataclass
class PlantedWorld:
    """Plants texts, and says which call of whose tool reads each."""

    assistant: Assistant
    folder: Path
    pipelines: list[PipelineSpec] = field(default_factory=list)
    sections: list[str] = field(default_factory=list)
    planted: int = 0

    def plant(self, place: str, text: str) -> tuple[str, str, dict[str, Any]]:
        """Put a text in a place and return the agent, the tool and the arguments that read it."""
        self.planted += 1
        number = self.planted
        if place in _IN_RUNS:
            agent, tool, part = _IN_RUNS[place]
            return agent, tool, {"run": self.run(**{part: text})}
        if place.startswith("pipeline"):
            return self._pipeline(place, text, number)
        if place == "error about a run":
            self.run(name=f"{text} of {number}")
            return "kfp", "describe_run", {"run": f"{text} of {number}!"}
        if place == "document":
            self.sections.append(f"## Memorandum {number} zebra\n\n{text}\n")
            return "rag", "search_docs", {"query": f"memorandum {number} zebra", "limit": 20}
        return self._object(place, text)

    def _object(self, place: str, text: str) -> tuple[str, str, dict[str, Any]]:
        if place == "object":
            bucket = self.bucket_with("note.txt", text)
            return "minio", "preview_object", {"bucket": bucket, "key": "note.txt"}
        bucket = self.bucket_with(_name(text))
        if place == "key":
            return "minio", "list_objects", {"bucket": bucket}
        return "minio", "preview_object", {"bucket": bucket, "key": "missing"}

    def _pipeline(self, place: str, text: str, number: int) -> tuple[str, str, dict[str, Any]]:
        self.pipelines.append(
            PipelineSpec(
                name=text if place == "pipeline name" else f"other-{number}",
                description=f"marked{number} {text if place != 'pipeline name' else ''}",
                parameters=(),
                tasks=(),
                package="",
                version=f"{number:012x}",
            )
        )
        return "kfp", "list_pipelines", {"search": f"marked{number} "}

    def bucket_with(self, key: str, content: str = "nothing") -> str:
        """Return a bucket that holds one object of this name."""
        bucket = f"inbox-{self.planted}"
        self.assistant.store.put(bucket, key, content.encode())
        return bucket

    def run(
        self, name: str = "", experiment: str = "default", reason: str = "", log: str = ""
    ) -> str:
        """Add a run that failed and return its id."""
        run_id = f"{0xABCD0000 + self.planted:08x}"
        home = self.assistant.settings.home
        history, pipeline = RunHistory(home / "runs.db"), Catalog().find("delay-prediction")
        worker = Worker.of(os.getpid(), detached=False)
        tasks = read_plan(pipeline.package).tasks
        history.add(
            NewRun(
                id=run_id,
                pipeline=pipeline,
                parameters={},
                experiment=experiment,
                name=name,
                starter=worker,
                tasks=tasks,
            )
        )
        history.begin(run_id, worker)
        task = history.start_task(run_id, tasks[0].label, tasks[0].label) or ""
        folder = home / "logs" / run_id
        folder.mkdir(parents=True)
        task_log(folder, task).write_text(log, "utf-8")
        history.end_task(run_id, task, TaskState.FAILED, reason)
        history.finish(run_id, RunState.FAILED, reason)
        return run_id

    def toolbox(self) -> Toolbox:
        """Return the tools over all that was planted."""
        here = self.assistant
        corpus = self.folder / "corpus"
        corpus.mkdir()
        for page in sorted(CORPUS.glob("*.md"))[:PAGES]:
            shutil.copy(page, corpus)
        head = "---\ntitle: Memoranda\nupdated: 2026-05-14\nterms: []\nsources: []\n---\n\n"
        (corpus / "memoranda.md").write_text(head + "\n".join(self.sections), "utf-8")
        library = Library(ChromaIndex(self.folder / "index"), self.folder / "index", corpus)
        return Toolbox(
            [
                *PipelineTools(Catalog(self.pipelines), here.runs).tools(),
                *ObjectTools(here.store, here.runs, InUse(here.runs, here.registry)).tools(),
                *ModelTools(here.registry, here.runs, here.store, here.deployments).tools(),
                *KnowledgeTools(library).tools(),
            ],
            here.masker,
            audit=here.audit,
        )

    def session(self, toolbox: Toolbox, model: ObedientModel) -> Session:
        """Return a new conversation with a model."""
        here, limits = self.assistant, Limits(steps=12)
        swarm = Swarm(model, toolbox, SPECIALISTS, limits)
        info = here.sessions.create()
        return Session(info, lambda: swarm, here.sessions, here.runs, limits, here.masker)


def _name(text: str) -> str:
    flat = " ".join(visible(text).replace("/", " ").replace("\\", " ").split())
    return f"{flat[:180]}.txt"
