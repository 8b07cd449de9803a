"""Which backend stands behind each port, as the settings say."""

from backends.index_chroma import ChromaIndex
from backends.runs_local import LocalRuns
from backends.stores import open_store
from core.errors import AssistantError, SettingsError
from core.objects import ObjectStore
from core.passages import Embedding, PassageIndex
from core.runs import RunBackend
from core.services import ChromaServer, KubeflowSettings, LocalRunsSettings, OpenAIEmbedding
from core.settings import Settings
from knowledge.library import Library
from knowledge.reference import PACKAGES
from models.bundles import Bundles
from models.registry import Registry

PRELOAD = (
    "kfp.dsl.executor",
    "pandas",
    "pandera.pandas",
    "sklearn.ensemble",
    "sklearn.inspection",
    "sklearn.model_selection",
    "sklearn.neural_network",
    "sklearn.svm",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "skops.io",
    "xgboost",
    # What Pandera imports when the first table is validated.
    "pandera.backends.pandas.register",
    "pandera.strategies.pandas_strategies",
    "pipelines.delay",
    "pipelines.delay.comparison",
    "pipelines.delay.card",
    "pipelines.delay.plots",
    "pipelines.delay.report",
    "pipelines.drift",
    "pipelines.scoring",
)
"""What the tasks of the shipped pipelines import: loaded once, in the process they fork from."""


def store_of(settings: Settings) -> ObjectStore:
    """Return where objects are kept; nothing is asked of a server yet.

    Raises:
        SettingsError: Its endpoint or its certificate file cannot be used.
    """
    return open_store(settings.store, settings.home)


def runs_of(
    settings: Settings, store: ObjectStore, local: type[LocalRuns] = LocalRuns
) -> RunBackend:
    """Return where pipelines run.

    Args:
        settings: What a person chose.
        store: Where the runs' data and results are.
        local: Who runs them on this machine; a world of evaluation cases brings its own.

    Raises:
        UnavailableError: It cannot be reached.
    """
    bundles = Bundles(Registry(store), store)
    # A world of its own never reaches a cluster, whatever the settings of the person say.
    if isinstance(settings.runs, KubeflowSettings) and local is LocalRuns:
        from backends.runs_kubeflow import KubeflowRuns

        return KubeflowRuns(
            settings.runs, store, shared=settings.store.kind == "s3", fill=bundles.fill
        )
    local_settings = (
        settings.runs if isinstance(settings.runs, LocalRunsSettings) else LocalRunsSettings()
    )
    return local(
        home=settings.home,
        store=store,
        workers=settings.workers,
        preload=PRELOAD,
        at_once=local_settings.at_once,
        # The runs of a world of its own end without a worker.
        ready_seconds=local_settings.ready_seconds if local is LocalRuns else 0,
        fill=bundles.fill,
        spread=bundles.spread,
    )


def barred_of(settings: Settings) -> AssistantError | None:
    """Return why no run may be started by the settings; None if runs may."""
    if isinstance(settings.runs, KubeflowSettings) and not settings.runs.allow_changes:
        return SettingsError(
            "To start runs on the cluster is not allowed by the settings.",
            hint="Set runs.allow_changes to true (MLOPS_SWARM_RUNS__ALLOW_CHANGES=true);"
            " approvals are asked all the same.",
        )
    return None


def describe_runs(runs: RunBackend) -> str:
    """Say where runs happen and how many there are, having asked.

    Raises:
        AssistantError: The place does not answer; the message says why.
    """
    if not isinstance(runs, LocalRuns):
        from backends.runs_kubeflow import KubeflowRuns

        if isinstance(runs, KubeflowRuns):
            return runs.describe()
    return f"{runs.list(limit=1).total} in the history, {runs.place}"


def index_of(settings: Settings) -> PassageIndex:
    """Return where the documentation is indexed; a server is first asked when it is needed."""
    if isinstance(settings.index, ChromaServer):
        from backends.index_chroma_server import ChromaServerIndex

        return ChromaServerIndex(settings.index)
    return ChromaIndex(settings.home / "index")


def embedding_of(settings: Settings) -> Embedding | None:
    """Return the service that makes vectors; None where they are learned from the passages."""
    if isinstance(settings.embedding, OpenAIEmbedding):
        from backends.embedding_openai import OpenAIEmbeddings

        return OpenAIEmbeddings(settings.embedding)
    return None


def library_of(settings: Settings) -> Library:
    """Return the documentation: the shipped pages, what is installed, and people's own sources."""
    return Library(
        index_of(settings),
        settings.home / "index",
        packages=PACKAGES,
        embedding=embedding_of(settings),
    )
