"""The files of cases: how they are read, and what the ones of this project must keep to."""

import json
from importlib import resources
from pathlib import Path

import pytest
from rapidfuzz import fuzz, process

from core.errors import RequestError, UnavailableError
from surfaces.evaluation.cases import Case, read_cases

CASES = Path(__file__).parents[1] / "cases"
NEAR = 90
"""Similarity from which a case's text counts as taken from an example."""


def written(folder: Path, text: str, name: str = "some.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_an_unknown_key_is_refused_with_its_file_and_case(tmp_path: Path) -> None:
    path = written(tmp_path, "- {id: runs-1, turns: [hi], expect: {sayz: [x]}}")

    with pytest.raises(RequestError, match=r"some\.yaml: the case runs-1 .* expect\.sayz"):
        read_cases([path])


def test_a_case_without_an_id_is_named_by_its_number(tmp_path: Path) -> None:
    path = written(tmp_path, "- {id: a, turns: [hi], expect: {}}\n- {turns: [hi], expect: {}}")

    with pytest.raises(RequestError, match="the case number 2 cannot be used"):
        read_cases([path])


def test_an_id_that_is_there_twice_is_refused_with_both_files(tmp_path: Path) -> None:
    one = written(tmp_path, "- {id: a, turns: [hi], expect: {}}", "one.yaml")
    two = written(tmp_path, "- {id: a, turns: [ho], expect: {}}", "two.yaml")

    with pytest.raises(RequestError, match=r"two\.yaml: the case 'a' is there twice.*one\.yaml"):
        read_cases([one, two])


@pytest.mark.parametrize("text", ["- {id: a", "just words", "- plain\n- words", ""])
def test_what_is_no_list_of_cases_is_said_in_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(RequestError):
        read_cases([written(tmp_path, text)])


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"nowhere\.yaml cannot be read"):
        read_cases([tmp_path / "nowhere.yaml"])


def test_a_plant_has_one_place(tmp_path: Path) -> None:
    plant = "{text: x, object: a/b, file: c}"
    path = written(tmp_path, f"- {{id: a, turns: [hi], plant: [{plant}], expect: {{}}}}")

    with pytest.raises(RequestError, match="a plant has one place"):
        read_cases([path])


def ours() -> list[Case]:
    return list(read_cases(sorted(CASES.glob("*.yaml"))))


def test_a_third_of_our_cases_is_kept_for_testing() -> None:
    kept = len(read_cases(sorted(CASES.glob("*.test.yaml"))))

    assert 0.28 < kept / len(ours()) < 0.4


def test_every_tool_has_cases_and_every_case_expects_something() -> None:
    from agents.specialists import SPECIALISTS
    from surfaces.evaluation.cases import named_tools

    named = {tool for case in ours() for tool in named_tools(case.expect.calls)}

    assert {tool for agent in SPECIALISTS for tool in agent.tools} - named == set()
    assert [case.id for case in ours() if not case.expect.model_fields_set] == []


def test_no_case_repeats_an_example_that_the_built_in_model_learns_from() -> None:
    folder = resources.files("agents.tools").joinpath("examples")
    examples = [
        str(json.loads(line)["text"]).casefold()
        for file in folder.iterdir()
        if file.name.endswith(".jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    near = [
        (case.id, text, match[0])
        for case in ours()
        for text in case.turns
        if (match := process.extractOne(text.casefold(), examples, scorer=fuzz.ratio))
        and match[1] >= NEAR
    ]

    assert near == []
