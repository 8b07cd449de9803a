from pathlib import Path

from core.toolchains import Recommendation
from recommender.catalogue import catalogue, find_tools
from recommender.inspection.project import inspect_folder
from recommender.profile import kept_tools, read_profile
from recommender.toolchains import recommend


def folder(root: Path, **files: str) -> str:
    root.mkdir()
    for name, text in files.items():
        (root / f"{name}.py").write_text(text, "utf-8")
    return str(root)


def answer(**facts: object) -> Recommendation:
    value = recommend(read_profile(**facts))  # type: ignore[arg-type]  # by their names
    assert isinstance(value, Recommendation)
    return value


def test_the_source_of_a_library_supports_more_than_it_uses(tmp_path: Path) -> None:
    files = {"__init__": "", "spark": "import pyspark\nimport boto3\n", "nets": "import torch\n"}
    library = inspect_folder(folder(tmp_path / "mlflow", **files))
    project = inspect_folder(folder(tmp_path / "churn", **files))

    assert (library.profile.framework, library.profile.cloud) == ("", "")
    note = next(finding.note for finding in library.findings if finding.field == "framework")
    assert "source of mlflow itself" in note
    assert project.profile.framework


def test_three_frameworks_as_strong_as_one_another_are_a_question(tmp_path: Path) -> None:
    imports = ("import torch\n", "import tensorflow\n", "import xgboost\n")
    two = folder(tmp_path / "two", **{f"a{n}": text for n, text in enumerate(imports[:2])})
    three = folder(tmp_path / "three", **{f"a{n}": text for n, text in enumerate(imports)})

    assert inspect_folder(two).profile.framework
    found = inspect_folder(three)
    assert found.profile.framework == ""
    note = next(finding.note for finding in found.findings if finding.field == "framework")
    assert "say which is the main one" in note


def test_of_two_tools_in_a_slot_the_one_that_fits_the_others_is_kept() -> None:
    names = ["Hugging Face Hub", "MLflow", "MLflow Model Registry"]

    assert kept_tools(read_profile(existing_tools=names))["registry"] == "MLflow Model Registry"
    assert kept_tools(read_profile(existing_tools=names[:1]))["registry"] == "Hugging Face Hub"


def test_where_the_data_say_nothing_the_rule_that_decides_is_named() -> None:
    platform = answer(kubernetes="strong", task="anomaly detection").platform

    assert platform.evidence == "rule"
    assert "strong in Kubernetes" in platform.why
    assert "commonest" not in platform.why


def test_tools_that_one_reason_rules_out_are_named_together() -> None:
    why = answer(cloud="on-prem", data_types=["image"], framework="pytorch").platform.why

    assert "AWS and Azure are out: it runs only at its vendor" in why


def test_spark_alone_does_not_bring_databricks() -> None:
    slots = answer(cloud="aws", framework="spark", deployment="batch").slots
    orchestration = next(slot for slot in slots if slot.slot == "orchestration")

    assert orchestration.choices[0].tool != "Databricks Jobs"


def test_a_tool_whose_licence_changed_is_no_open_source_any_more() -> None:
    (lakefs,) = find_tools("lakeFS")

    assert not lakefs.is_open
    assert all(tool.source and tool.date for tool in catalogue())
