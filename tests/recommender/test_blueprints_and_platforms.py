import ast
import os
from pathlib import Path

import pytest
import yaml

from core.errors import NotFoundError, RequestError
from core.pipelines import PipelineSpec
from pipelines.catalog import Catalog
from recommender.blueprints import BLUEPRINTS, blueprint_named, write
from recommender.maturity import assess
from recommender.platforms import compare


def shipped() -> PipelineSpec:
    return Catalog().find("delay-prediction")


@pytest.mark.parametrize("platform", BLUEPRINTS)
def test_every_python_file_compiles_and_every_yaml_parses(platform: str, tmp_path: Path) -> None:
    blueprint = write(platform, str(tmp_path), shipped())

    assert {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()} == set(
        blueprint.files
    )
    for name in blueprint.files:
        text = (tmp_path / name).read_text("utf-8")
        if name.endswith(".py"):
            ast.parse(text)
            assert "$" not in text.replace("${{", "")
        if name.endswith((".yaml", ".yml")):
            assert list(yaml.safe_load_all(text))
    readme = (tmp_path / "README.md").read_text("utf-8")
    assert readme.startswith("# delay-prediction ")
    assert "1. " in readme
    assert blueprint.next_steps


def test_a_file_that_is_there_stays_and_nothing_else_is_written(tmp_path: Path) -> None:
    (tmp_path / "steps.py").write_text("mine")

    with pytest.raises(RequestError, match=r"steps\.py already"):
        write("aws", str(tmp_path), shipped())

    assert [path.name for path in tmp_path.iterdir()] == ["steps.py"]
    assert (tmp_path / "steps.py").read_text() == "mine"


def test_a_link_leads_nothing_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "tests").symlink_to(tmp_path / "outside")

    with pytest.raises(RequestError, match="tests already"):
        write("gcp", str(tmp_path / "inside"), shipped())

    assert not os.listdir(tmp_path / "outside")


@pytest.mark.parametrize(
    ("words", "name"),
    [("Kubeflow", "kubeflow-azure"), ("MLflow", "mlflow-aws"), ("Vertex AI", "gcp")],
)
def test_a_blueprint_goes_by_the_names_people_use(words: str, name: str) -> None:
    assert blueprint_named(words) == name


def test_an_unknown_platform_is_answered_with_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="azure"):
        blueprint_named("azur")


def test_another_pipeline_is_written_where_its_package_runs_and_refused_elsewhere(
    tmp_path: Path,
) -> None:
    other = PipelineSpec(
        name="other", description="One", parameters=(), tasks=(), package="a: 1\n", version="1"
    )

    written = write("gcp", str(tmp_path / "gcp"), other)

    assert (tmp_path / "gcp" / "pipeline.yaml").read_text() == other.package
    assert "submit.py" in written.files
    with pytest.raises(RequestError, match="gcp and kubeflow-azure run a compiled package"):
        write("aws", str(tmp_path / "aws"), other)


def test_the_published_table_stands_beside_todays_facts_with_their_sources() -> None:
    comparison = compare(["SageMaker", "mlflow"])

    assert comparison.platforms == ("AWS", "MLflow")
    assert (len(comparison.features), len(comparison.use_cases)) == (16, 13)
    for row in (*comparison.features, *comparison.use_cases):
        for mark in row.marks:
            assert mark.source.startswith("https://")
            assert mark.date >= "2026"
            assert mark.by
    assert all(outlook.gives_up and outlook.steps for outlook in comparison.outlooks)


def test_uncertain_rows_of_the_published_table_are_marked() -> None:
    comparison = compare([], "features")

    assert comparison.use_cases == ()
    assert [row.name for row in comparison.features if not row.certain] == [
        "Model Governance",
        "Workflow Orchestration",
        "Auto Scaling",
        "Cost-Effective",
        "Flexibility",
        "Ease of Use",
        "Kubernetes Integration",
    ]
    assert any("most plausible" in note for note in comparison.notes)


def test_an_unknown_platform_or_aspect_is_refused_with_the_choices() -> None:
    with pytest.raises(NotFoundError, match="kubeflow"):
        compare(["kubeflo"])
    with pytest.raises(RequestError, match="features, use_cases, all"):
        compare([], "prices")


def test_each_principle_has_a_level_its_evidence_and_the_next_step(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# A project\n")
    (tmp_path / "CONTRIBUTING.md").write_text("Be kind.\n")
    (tmp_path / "train.py").write_text("import mlflow\nmodel = fit(random_state=3)\n")

    assessment = assess(str(tmp_path))
    levels = {principle.name: principle.level for principle in assessment.principles}

    assert [principle.number for principle in assessment.principles] == list(range(1, 10))
    assert levels["Collaboration"] == "in place"
    assert levels["Reproducibility"] == "begun"
    assert levels["Feedback loops"] == "not seen"
    for principle in assessment.principles:
        assert principle.next_step or all(practice.seen for practice in principle.practices)
    seen = next(p for p in assessment.principles if p.name == "Reproducibility").practices[1]
    assert str(seen.evidence[0]) == "train.py:2 shows fixed random seeds"
    assert assessment.first.startswith("CI/CD automation: ")


def test_a_pretrained_model_is_no_retraining(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("model = AutoModel.from_pretrained('x')\n")

    feedback = assess(str(tmp_path)).principles[-1]

    assert feedback.level == "not seen"
