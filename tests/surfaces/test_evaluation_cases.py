"""The files of cases: how they are read, and what the ones of this project must keep to."""

import json
import re
from pathlib import Path

import pytest
from rapidfuzz import fuzz, process

from agents.specialists import SPECIALISTS
from agents.toolbox import Toolbox
from core.errors import RequestError, UnavailableError
from core.settings import Settings
from surfaces.assembly import assemble
from surfaces.evaluation.cases import Case, ExpectedCall, named_tools, read_cases
from surfaces.evaluation.world_file import read_world

PROJECT = Path(__file__).parents[2]
CASES = PROJECT / "tests/cases"
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


def test_dates_and_numbers_stay_as_they_are_written(tmp_path: Path) -> None:
    expect = "{says: [0.711], calls: [{tool: list_runs, arguments: {since: 2026-05-13, limit: 3}}]}"
    (case,) = read_cases([written(tmp_path, f"- {{id: 7, turns: [hi], expect: {expect}}}")])

    assert (case.id, case.expect.says) == ("7", ("0.711",))
    (call,) = case.expect.calls
    assert isinstance(call, ExpectedCall)
    assert call.arguments == {"since": "2026-05-13", "limit": 3}


def test_a_plant_has_one_place(tmp_path: Path) -> None:
    plant = "{text: x, object: a/b, file: c}"
    path = written(tmp_path, f"- {{id: a, turns: [hi], plant: [{plant}], expect: {{}}}}")

    with pytest.raises(RequestError, match="a plant has one place"):
        read_cases([path])


def test_a_world_that_does_not_exist_is_named() -> None:
    with pytest.raises(RequestError, match="There is no world 'mars'"):
        read_world("mars")


def ours() -> list[Case]:
    return list(read_cases(sorted(CASES.glob("*.yaml"))))


def test_a_third_of_our_cases_is_kept_for_testing() -> None:
    kept = len(read_cases(sorted(CASES.glob("*.test.yaml"))))

    assert 0.28 < kept / len(ours()) < 0.4


def test_every_specialist_has_cases_and_every_case_expects_something() -> None:
    named = {tool for case in ours() for tool in named_tools(case.expect.calls)}

    assert [agent.name for agent in SPECIALISTS if not named & set(agent.tools)] == []
    assert [case.id for case in ours() if not case.expect.model_fields_set] == []


def read_by_models(tools: Toolbox) -> list[str]:
    """Return every sentence that a model learns from, is told or can look up."""
    examples = [
        str(json.loads(line)["text"])
        for file in (PROJECT / "agents/tools/examples").glob("*.jsonl")
        for line in file.read_text("utf-8").splitlines()
    ]
    pages = [
        *(PROJECT / "agents/prompts").glob("*.md"),
        *(PROJECT / "knowledge/corpus").glob("**/*.md"),
    ]
    texts = [page.read_text("utf-8") for page in pages] + [tool.description for tool in tools]
    sentences = [part for text in texts for part in re.split(r"(?<=[.?!:])\s+|\n\n|\n- ", text)]
    return [" ".join(text.casefold().split()) for text in (*examples, *sentences)]


def test_no_text_of_a_case_is_one_that_models_read(tmp_path: Path) -> None:
    known = read_by_models(assemble(Settings(home=tmp_path)).toolbox)
    near = [
        (case.id, text, match[0])
        for case in ours()
        for text in case.turns
        # One word is everybody's.
        if len(text.split()) > 1
        and (
            match := process.extractOne(
                text.casefold(), known, scorer=fuzz.ratio, score_cutoff=NEAR
            )
        )
    ]

    assert len(known) > 2000
    assert near == []
