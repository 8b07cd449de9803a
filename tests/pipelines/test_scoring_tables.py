import io
from pathlib import Path

import pandas as pd
import pytest
from made_models import made, valid_table

from core.errors import RequestError
from core.models import RowProblem
from pipelines.delay.bundle import Bundle, read_bundle
from pipelines.delay.schema import DATA_FOLDER
from pipelines.scoring.scoring import Scored, score

SHIPPED = DATA_FOLDER / "schedule_management.csv"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    import zipfile

    folder = tmp_path_factory.mktemp("bundle")
    content = made("LogisticRegression")
    with zipfile.ZipFile(folder / "bundle.zip", "w") as archive:
        archive.writestr("model.skops", content.model)
        archive.writestr("card.json", content.card)
        archive.writestr("reference.json", content.reference)
    return read_bundle(folder / "bundle.zip", folder)


def scored(bundle: Bundle, content: bytes, name: str, target: Path) -> Scored:
    return score(io.BytesIO(content), name, target, bundle.scorer, bundle.card.typical)


def test_every_row_gets_the_probability_that_the_model_gives_it(
    bundle: Bundle, tmp_path: Path
) -> None:
    result = scored(bundle, SHIPPED.read_bytes(), SHIPPED.name, tmp_path / "out.csv")
    written = pd.read_csv(tmp_path / "out.csv")
    table = valid_table()
    columns = {name: table[name].to_numpy() for name in bundle.scorer.columns}
    expected = bundle.scorer.probabilities(columns)
    assert (result.rows, result.scored, result.bad, result.filled) == (3621, 3621, 0, ())
    assert written["probability_of_delay"].to_numpy() == pytest.approx(expected, abs=1e-6)
    assert list(written["phase_id"]) == list(table["phase_id"])
    assert result.delayed == int((written["verdict"] == "Delayed").sum())


def test_parquet_and_csv_are_scored_alike(bundle: Bundle, tmp_path: Path) -> None:
    content = io.BytesIO()
    pd.read_csv(SHIPPED, dtype={"district": str}).head(200).to_parquet(content)
    scored(bundle, content.getvalue(), "table.parquet", tmp_path / "out.parquet")
    lines = SHIPPED.read_bytes().split(b"\n")[:201]
    scored(bundle, b"\n".join(lines), "table.csv", tmp_path / "out.csv")
    one = pd.read_parquet(tmp_path / "out.parquet")
    other = pd.read_csv(tmp_path / "out.csv")
    assert list(one["probability_of_delay"]) == list(other["probability_of_delay"])


def test_bad_rows_are_named_and_counted_and_stay_in_the_result(
    bundle: Bundle, tmp_path: Path
) -> None:
    lines = SHIPPED.read_text().splitlines()
    header = lines[0].split(",")
    months, boroughs = header.index("start_month"), header.index("borough")
    rows = [line.split(",") for line in lines[1:9]]
    rows[1][months] = "thirteen"
    rows[3][months] = "13"
    rows[4] = rows[4][:5]
    rows[6][boroughs] = "Atlantis"
    content = "\n".join([lines[0], *(",".join(row) for row in rows)]).encode()
    result = scored(bundle, content, "table.csv", tmp_path / "out.csv")
    assert (result.rows, result.scored, result.bad) == (8, 4, 4)
    assert result.problems == [
        RowProblem(row=2, problem="start_month holds 'thirteen'"),
        RowProblem(row=4, problem="start_month holds 13"),
        RowProblem(row=5, problem="5 cells where 53 belong"),
        RowProblem(row=7, problem="borough holds 'Atlantis'"),
    ]
    written = pd.read_csv(tmp_path / "out.csv").sort_values("row")
    assert list(written["row"]) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert list(written["problem"].notna()) == [False, True, False, True, True, False, True, False]
    assert written.loc[written["problem"].notna(), "probability_of_delay"].isna().all()


def test_what_a_table_lacks_is_derived_or_filled_and_named(bundle: Bundle, tmp_path: Path) -> None:
    content = (
        b"phase;start_date;description;borough\n"
        b"Scope;2026-06-01;IPDVS CAMERA INSTALLATION;Queens\n"
        b"Design;2026-06-02;ROOFS / PARAPETS;Bronx\n"
    )
    result = scored(bundle, content, "plan.csv", tmp_path / "out.csv")
    assert (result.rows, result.bad) == (2, 0)
    assert "has_ipdvs_cameras" not in result.filled
    assert "start_month" not in result.filled
    assert {"planned_duration_days", "district", "project_type"} <= set(result.filled)
    written = pd.read_csv(tmp_path / "out.csv")
    assert written["probability_of_delay"][0] < written["probability_of_delay"][1]


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "empty.csv", "empty"),
        (b"a,b\n1,2\n", "other.csv", "no column that the model goes by"),
        (b"phase,borough\n", "bare.csv", "cannot be read as a table"),
        (b"\x89PNG\r\n\x1a\n\0\0", "picture.csv", "no table in UTF-8"),
        (b"not parquet", "x.parquet", "cannot be read as a table"),
        (b"{}", "x.json", "no table that can be scored"),
    ],
)
def test_what_is_no_table_is_refused_in_words(
    bundle: Bundle, tmp_path: Path, content: bytes, name: str, message: str
) -> None:
    with pytest.raises(RequestError, match=message):
        scored(bundle, content, name, tmp_path / "out.csv")


def test_a_file_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"nothing")
    with pytest.raises(RequestError, match="no bundle of a registered model"):
        read_bundle(tmp_path / "x.zip", tmp_path)
