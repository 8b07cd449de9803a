"""The training examples: public projects, with what they are and which tools they use."""

import csv
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.toolchains import ProjectProfile
from recommender.features import encode, used_frameworks

PROJECTS = Path(__file__).parent / "data" / "mlops_projects.csv"
MISSING = frozenset({"", "NA", "unknown"})

# Which labels are learned as one class. Tools that few projects use cannot be told apart by a
# forest, so they share a class and are parted afterwards by how often each was seen.
# A label that is not named here is a class of its own.
_MANAGED_PIPELINES = (
    "azureml_pipelines",
    "sagemaker_pipelines",
    "vertex_pipelines",
    "databricks_jobs",
)
_ENDPOINTS = ("sagemaker_endpoint", "azureml_endpoint", "vertex_endpoint", "aws_lambda")
CLASSES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "platform": {},
    "data_versioning": {},
    "tracking": {
        "managed": ("azureml", "sagemaker_experiments", "vertex_experiments"),
        "other": ("wandb", "tensorboard_dvclive", "comet"),
    },
    "orchestration": {"managed": _MANAGED_PIPELINES, "python": ("zenml", "prefect", "dagster")},
    "serving": {
        "classic web": ("flask", "django"),
        "app": ("streamlit", "gradio"),
        "server": ("bentoml", "triton", "kserve_seldon", "ray_serve", "edge_runtime"),
        "managed": _ENDPOINTS,
    },
    "monitoring": {
        "managed": ("azure_monitor", "cloudwatch", "sagemaker_model_monitor"),
        "drift": ("evidently", "whylogs", "deepchecks"),
    },
    "feature_store": {"any": ("feast", "sagemaker_fs", "tecton", "databricks_fs", "vertex_fs")},
    "cicd": {"other": ("cloud_build", "jenkins", "codepipeline", "azure_devops", "gitlab_ci")},
    "registry": {"managed": ("sagemaker", "azureml", "vertex"), "hub": ("hf_hub", "wandb")},
    "container": {},
    "infrastructure": {"any": ("terraform", "cloudformation_cdk_bicep")},
}
_LABEL_COLUMNS = {"infrastructure": "lab_iac"}

_TYPES = {"tabular": "numerical", "time_series": "time-series"}
_NATURES = {"mixed_semi": "semi-structured"}
_TASKS = {
    "object_detection": "detection",
    "segmentation": "detection",
    "generation_llm": "generation",
    "speech": "other",
    "clustering": "other",
    "anomaly_detection": "classification",
}
_FRAMEWORKS = {"gbm": "boosting", "stats_ts": "statsmodels"}
_FRAMEWORK_COLUMNS = {
    "ctx_fw_sklearn": "sklearn",
    "ctx_fw_gbm": "boosting",
    "ctx_fw_pytorch": "pytorch",
    "ctx_fw_tensorflow": "tensorflow",
    "ctx_fw_transformers": "transformers",
    "ctx_fw_spark": "spark",
    "ctx_fw_stats_ts": "statsmodels",
    "ctx_fw_vision_lib": "vision",
    "ctx_fw_nlp_lib": "language",
    "ctx_fw_audio_lib": "audio",
    "ctx_fw_llm_lib": "llm",
}
_SINGLE = ("data_structure", "task", "team_size", "deployment", "cloud", "kubernetes", "tests")
_NEEDS = {"batch": "batch", "realtime": "real-time", "streaming": "streaming", "edge": "edge"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """Projects as numbers."""

    features: NDArray[np.float32]
    """One row per project; -1 where a fact is unknown."""
    profiles: tuple[ProjectProfile, ...]
    """The same projects as a person would tell of them."""
    owners: NDArray[np.str_]
    labels: Mapping[str, NDArray[np.str_]]
    """The class of each project, by slot."""
    seen: Mapping[str, Mapping[str, int]]
    """How many projects use each tool, by slot."""


def class_of(slot: str, label: str) -> str:
    """Return the class under which a label is learned."""
    for name, labels in CLASSES[slot].items():
        if label in labels:
            return name
    return label


def read_examples(path: Path = PROJECTS) -> Examples:
    """Read the projects that were seen whole; the others say nothing about what is not used."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if is_whole(row)]
    raw = {slot: [row[_LABEL_COLUMNS.get(slot, f"lab_{slot}")] for row in rows] for slot in CLASSES}
    return Examples(
        features=np.stack([encode(facts_of_row(row)) for row in rows]),
        profiles=tuple(profile_of_row(row) for row in rows),
        owners=np.array([row["owner"] for row in rows]),
        labels={
            slot: np.array([class_of(slot, label) for label in labels])
            for slot, labels in raw.items()
        },
        seen={slot: dict(sorted(Counter(labels).items())) for slot, labels in raw.items()},
    )


def digest(path: Path = PROJECTS) -> str:
    """Return the hash of the table that a forest was trained on."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def is_whole(row: Mapping[str, str]) -> bool:
    """Tell whether all of a project was read: the others say nothing about what is not used."""
    return row["evidence_level"] == "full_snapshot"


def facts_of_row(row: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the facts of a project in the table, in the forest's words."""
    single = {
        "data_structure": _NATURES.get(row["ctx_data_nature"], row["ctx_data_nature"]),
        "task": _TASKS.get(row["ctx_task"], row["ctx_task"]),
        "team_size": _team(row["ctx_n_authors"]),
        # A project in which no cloud was found stands for one on the person's own machines.
        "cloud": {"none": "on-prem"}.get(row["ctx_cloud_in_use"], row["ctx_cloud_in_use"]),
        "kubernetes": {"0": "none", "1": "strong"}.get(row["ctx_k8s_in_use"], ""),
        "tests": row["ctx_tests"],
    }
    facts: dict[str, tuple[str, ...]] = {
        fact: (value,) for fact, value in single.items() if value not in MISSING
    }
    facts["framework"] = _frameworks(row)
    types = [kind for kind in row["ctx_data_types"].split(";") if kind not in MISSING]
    facts["data_types"] = tuple(_TYPES.get(kind, kind) for kind in types)
    # Silence about how a model is used is no evidence, so it stays unknown.
    facts["deployment"] = tuple(
        mode for need, mode in _NEEDS.items() if row[f"ctx_need_{need}"] == "1"
    )
    return facts


def profile_of_row(row: Mapping[str, str]) -> ProjectProfile:
    """Return a project in the table as a profile; Databricks is no cloud that a profile names."""
    facts = facts_of_row(row)
    single = {fact: next(iter(facts.get(fact, ())), "") for fact in _SINGLE}
    if single["cloud"] == "databricks":
        single["cloud"] = ""
    words = (name.removeprefix("uses ") for name in facts["framework"])
    return ProjectProfile(
        **single,  # type: ignore[arg-type]  # these facts are texts
        data_types=facts["data_types"],
        framework=", ".join(dict.fromkeys(words)),
    )


def _frameworks(row: Mapping[str, str]) -> tuple[str, ...]:
    """Return the main framework first, then every other that is imported or declared."""
    main = row["ctx_framework"]
    named = [] if main in MISSING else [_FRAMEWORKS.get(main, main)]
    named += [name for column, name in _FRAMEWORK_COLUMNS.items() if row[column] == "1"]
    return used_frameworks(list(dict.fromkeys(named))) if named else ()


def _team(authors: str) -> str:
    if authors in MISSING:
        return ""
    return "solo" if authors == "1" else "small" if int(authors) <= 5 else "medium"
