from pathlib import Path

import pytest

from core.errors import UnavailableError
from core.settings import Settings
from surfaces.assembly import FIRST_DATA, assemble


def test_the_first_start_places_the_table_and_makes_the_buckets(tmp_path: Path) -> None:
    store = assemble(Settings(home=tmp_path)).store

    assert [bucket.name for bucket in store.buckets()] == ["artifacts", "datasets", "models"]
    placed = store.read("datasets", "schedule_management.csv")
    assert placed.count(b"\n") == 3622
    assert FIRST_DATA[1].endswith("schedule_management.csv")


def test_what_a_person_removed_is_not_put_back(tmp_path: Path) -> None:
    assemble(Settings(home=tmp_path)).store.delete("datasets", "schedule_management.csv")

    again = assemble(Settings(home=tmp_path)).store

    assert again.list("datasets").total == 0


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")

    with pytest.raises(UnavailableError) as problem:
        assemble(Settings(home=in_the_way / "home"))

    assert str(in_the_way) in problem.value.message
    assert "MLOPS_SWARM_HOME" in problem.value.hint


def test_every_tool_belongs_to_one_specialist(tmp_path: Path) -> None:
    from agents.specialists import SPECIALISTS

    assistant = assemble(Settings(home=tmp_path))

    held = [tool for specialist in SPECIALISTS for tool in specialist.tools]
    assert sorted(held) == sorted(tool.name for tool in assistant.toolbox)


def test_a_read_only_assistant_has_no_tool_that_changes_anything(tmp_path: Path) -> None:
    assistant = assemble(Settings(home=tmp_path, read_only=True))

    assert {tool.effect for tool in assistant.toolbox} == {"reads"}
