"""A bare name in SQL is the session's table before it is a folder: what is on disk stays as it is."""

import deltalake
import pyarrow as pa
import pytest


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM shots",
        "UPDATE Shots SET id = 9",
        "INSERT INTO shots VALUES (9)",
        "ALTER TABLE shots ADD COLUMN n INT",
        "DROP TABLE shots",
    ],
)
def test_a_sessions_table_hides_a_folder_of_its_name(pixlake, tmp_path, change):
    table = tmp_path / "shots"
    deltalake.write_deltalake(str(table), pa.table({"id": [1, 2, 3]}))
    pixlake("sql", f"CREATE TABLE shots AS SELECT 7 AS id; {change}", cwd=tmp_path)
    assert deltalake.DeltaTable(str(table)).version() == 0


def test_a_place_is_meant_where_one_is_named(pixlake, tmp_path):
    table = tmp_path / "shots"
    for number, change in enumerate(["DELETE FROM delta.`shots` WHERE id = 1", "DELETE FROM 'shots' WHERE id = 2"]):
        deltalake.write_deltalake(str(table), pa.table({"id": [1, 2, 3]}), mode="overwrite")
        pixlake("sql", f"CREATE TABLE shots AS SELECT 7 AS id; {change}", cwd=tmp_path)
        left = deltalake.DeltaTable(str(table)).to_pyarrow_table()["id"].to_pylist()
        assert sorted(left) == [[2, 3], [1, 3]][number]
    pixlake("sql", "DELETE FROM shots WHERE id = 3", cwd=tmp_path)
    assert deltalake.DeltaTable(str(table)).to_pyarrow_table()["id"].to_pylist() == [1]


def test_table_scan_takes_a_place_and_a_version_and_tells_what_was_skipped(pixlake, tmp_path):
    table = tmp_path / "shots"
    for ids in ([1, 2], [30, 40]):
        deltalake.write_deltalake(str(table), pa.table({"id": ids}), mode="append")
    rows = pixlake("sql", f"SELECT count(*) AS n FROM table_scan('{table}', version := 0)", "--json").json
    assert rows["rows"] == [{"n": 2}]
    query = f"SELECT count(*) AS n FROM table_scan('{table}') WHERE id > 20"
    found = pixlake("sql", query, "--json").json
    assert (found["rows"], found["files_total"], found["files_skipped"]) == ([{"n": 2}], 2, 1)
    assert "there is no table at" in pixlake("sql", f"FROM table_scan('{tmp_path}/none')", status=1).stderr
