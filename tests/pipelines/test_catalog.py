import subprocess
import sys

import pytest

from core.errors import NotFoundError, RequestError
from core.pipelines import Parameter, TaskNode
from pipelines.catalog import Catalog, read_package
from pipelines.compile import PACKAGE, packages
from pipelines.delay import parameters


def test_the_packages_are_what_the_sources_compile_to() -> None:
    for path, text in packages().items():
        assert path.read_text(encoding="utf-8") == text, (
            "Run `python -m pipelines.compile` and commit the packages."
        )


def test_the_delay_pipeline_shows_its_parameters_and_tasks() -> None:
    spec = Catalog().find("delay-prediction")
    assert spec.description == parameters.DESCRIPTION
    assert spec.parameters == parameters.PARAMETERS
    assert spec.tasks == (
        TaskNode(name="import-data"),
        TaskNode(name="validate-data", after=("import-data",)),
        TaskNode(name="prepare-data", after=("validate-data",)),
        TaskNode(name="split-data", after=("prepare-data",)),
        TaskNode(name="tune-model", after=("split-data",)),
        TaskNode(name="compare-models", after=("tune-model", "split-data", "validate-data")),
        TaskNode(name="choose-model", after=("compare-models", "tune-model", "split-data")),
        TaskNode(name="evaluate-models", after=("compare-models", "split-data")),
    )
    assert len(spec.version) == 12


def test_a_near_miss_gets_the_closest_name() -> None:
    with pytest.raises(NotFoundError) as caught:
        Catalog().find("delay-predictions")
    assert caught.value.hint == "The closest: delay-prediction, delay-scoring."


def test_an_added_pipeline_is_found_beside_the_others() -> None:
    package = PACKAGE.read_text(encoding="utf-8").replace("name: delay-prediction", "name: another")
    catalog = Catalog([read_package(package)])
    assert [spec.name for spec in catalog.all()] == [
        "another",
        "delay-prediction",
        "delay-scoring",
        "drift-check",
    ]
    folds = next(p for p in catalog.find("another").parameters if p.name == "folds")
    assert folds == Parameter(name="folds", type="integer", default=5)


@pytest.mark.parametrize("text", ["", "a: [1", "just words", "pipelineInfo: {name: x}"])
def test_a_text_that_is_no_package_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="not"):
        read_package(text)


def test_reading_the_catalog_needs_no_kfp_and_no_pandas() -> None:
    code = (
        "import sys; from pipelines.catalog import Catalog; Catalog().all(); "
        "print(sorted({'kfp', 'pandas', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
