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
        about=(
            "Pipelines, runs, experiments and schedules: list, describe, upload, start, watch, read"
            " logs, find out why a run failed, retry, compare, stop, delete, run by the clock."
        ),
        tools=(
            "list_pipelines",
            "describe_pipeline",
            "upload_pipeline",
            "start_run",
            "list_runs",
            "describe_run",
            "read_logs",
            "diagnose_run",
            "compare_runs",
            "watch_run",
            "cancel_run",
            "retry_run",
            "delete_run",
            "list_experiments",
            "create_experiment",
            "schedule_run",
            "list_schedules",
            "pause_schedule",
            "resume_schedule",
            "delete_schedule",
        ),
    ),
    Specialist(
        name="minio",
        title="MinIO agent",
        about=(
            "Buckets, datasets, objects: list, preview, describe, trace, upload, download, copy,"
            " tag, share, delete; triggers: a run for every new object; a run's artifacts, metrics"
            " (which model won) and plots."
        ),
        tools=(
            "list_buckets",
            "create_bucket",
            "delete_bucket",
            "list_objects",
            "describe_object",
            "preview_object",
            "trace_object",
            "upload_object",
            "download_object",
            "copy_object",
            "tag_object",
            "share_object",
            "delete_object",
            "list_artifacts",
            "read_metrics",
            "show_plot",
            "empty_trash",
            "create_trigger",
            "list_triggers",
            "pause_trigger",
            "resume_trigger",
            "delete_trigger",
        ),
    ),
    Specialist(
        name="models",
        title="Models agent",
        about=(
            "Registered models: cards, promotion, rollback, tags; predictions of delay for a phase"
            " or a table, drift, deployments, packages."
        ),
        tools=(
            "list_models",
            "describe_model",
            "promote_model",
            "rollback_model",
            "tag_model",
            "predict_delay",
            "score_dataset",
            "check_drift",
            "recommend_deployment",
            "deploy_model",
            "list_deployments",
            "stop_deployment",
            "package_model",
        ),
    ),
    Specialist(
        name="rag",
        title="RAG agent",
        about=(
            "Questions of why and how, answered from the documentation with citations; the"
            " documents that can be searched: list, add, remove."
        ),
        tools=("search_docs", "list_sources", "add_source", "remove_source"),
    ),
    Specialist(
        name="toolchain",
        title="Toolchain agent",
        about="Which MLOps tools and which platform suit a project; reads a project's folder,"
        " compares platforms, judges maturity, writes a beginning on a platform; writes"
        " what was done in"
        " this conversation as a script, a notebook or a workflow.",
        tools=(
            "inspect_project",
            "recommend_toolchain",
            "compare_platforms",
            "assess_maturity",
            "write_blueprint",
            "record_choice",
            "list_choices",
            "remove_choice",
            "export_session",
        ),
    ),
)
