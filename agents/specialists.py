"""Who the specialists are, and what each may use."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Specialist:
    """An agent with its own tools and its own page of instructions."""

    name: str
    """`kfp`: what its events and its prompt's file are called."""
    title: str
    about: str
    """What the Swarm Agent should hand to it, in one sentence."""
    tools: tuple[str, ...]

    @property
    def hand_off(self) -> str:
        """The name of the Swarm Agent's tool that reaches it."""
        return f"ask_{self.name}_agent"

    def prompt(self) -> str:
        """Return its instructions."""
        return prompt(self.name)


def prompt(name: str) -> str:
    """Return a page of instructions by name."""
    return resources.files("agents").joinpath("prompts", f"{name}.md").read_text("utf-8")


SPECIALISTS: Sequence[Specialist] = (
    Specialist(
        name="kfp",
        title="KFP agent",
        about="Pipelines and their runs: list, describe, start, watch, read logs, stop.",
        tools=(
            "list_pipelines",
            "describe_pipeline",
            "start_run",
            "list_runs",
            "describe_run",
            "read_logs",
            "watch_run",
            "cancel_run",
        ),
    ),
    Specialist(
        name="minio",
        title="MinIO agent",
        about="Buckets, datasets, objects; a run's artifacts, metrics (which model won) and plots.",
        tools=(
            "list_buckets",
            "list_objects",
            "preview_object",
            "list_artifacts",
            "read_metrics",
            "show_plot",
        ),
    ),
    Specialist(
        name="models",
        title="Models agent",
        about="Registered models, their cards, and predictions of delay for a construction phase.",
        tools=("list_models", "describe_model", "predict_delay"),
    ),
    Specialist(
        name="rag",
        title="RAG agent",
        about="Questions of why and how, answered from the documentation with citations.",
        tools=("search_docs", "list_sources"),
    ),
    Specialist(
        name="toolchain",
        title="Toolchain agent",
        about="Which MLOps tools and which platform suit a project.",
        tools=("recommend_toolchain",),
    ),
)
