"""Statements about the tables of a lake: what SHOW tells, what DROP and OR REPLACE leave alone."""

import pytest


@pytest.fixture
def lake(pixlake, tmp_path):
    pixlake("init", tmp_path / "lake")
    pixlake("sql", "CREATE TABLE curated.mine (id INT)", "--lake", tmp_path / "lake")
    return tmp_path / "lake"


def Rows(pixlake, lake, sql):
    return pixlake("sql", sql, "--lake", lake, "--json").json["rows"]


def test_a_table_that_was_made_is_shown_read_and_dropped(pixlake, lake):
    sql = "CREATE TABLE curated.other (id INT); INSERT INTO curated.other VALUES (1); SELECT id FROM curated.other"
    assert Rows(pixlake, lake, sql) == [{"id": 1}]
    shown = Rows(pixlake, lake, "SHOW TABLES IN curated")
    assert [(row["namespace"], row["tableName"]) for row in shown] == [("curated", "mine"), ("curated", "other")]
    added = "SELECT * FROM curated.other; ALTER TABLE curated.other ADD COLUMN n INT; SELECT n FROM curated.other"
    assert Rows(pixlake, lake, added) == [{"n": None}]
    gone = Rows(pixlake, lake, "DROP TABLE curated.other")[0]
    assert gone["path"] == str(lake / "curated" / "other") and not (lake / "curated" / "other").exists()
    assert [row["tableName"] for row in Rows(pixlake, lake, "SHOW TABLES IN curated")] == ["mine"]


@pytest.mark.parametrize("options", [True, False], ids=["with_lake", "by_place"])
@pytest.mark.parametrize("statement", ["DROP TABLE {}", "CREATE OR REPLACE TABLE {} (a INT)"])
def test_the_lakes_own_tables_stay(pixlake, lake, statement, options):
    if not (lake / "raw" / "sources" / "_delta_log").exists():
        pytest.skip("the lake has no tables before the first ingest")
    name = "raw.sources" if options else f"delta.`{lake}/raw/sources`"
    failed = pixlake("sql", statement.format(name), *(["--lake", lake] if options else []), status=2)
    assert "the lake's own table" in failed.stderr
    assert list((lake / "raw" / "sources" / "_delta_log").glob("*.json"))


def test_a_folder_that_is_no_table_and_one_with_another_in_it_stay(pixlake, lake, tmp_path):
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "a.txt").write_text("a")
    pixlake("sql", f"DROP TABLE delta.`{tmp_path}/plain`", status=1)
    assert (tmp_path / "plain" / "a.txt").exists()
    outer = tmp_path / "outer"
    pixlake("sql", f"CREATE TABLE delta.`{outer}` (a INT); CREATE TABLE delta.`{outer}/inner` (a INT)")
    assert "drop that one first" in pixlake("sql", f"DROP TABLE delta.`{outer}`", status=2).stderr
    assert (outer / "_delta_log").exists()
    assert "no zone nope" in pixlake("sql", "SHOW TABLES IN nope", "--lake", lake, status=1).stderr


def test_each_statement_prints_its_rows(pixlake):
    assert pixlake("sql", "SELECT 1 AS a; SELECT 2 AS b", "--format", "csv").stdout == "a\n1\n\nb\n2\n"
    assert pixlake("sql", "SELECT 1 AS a; SELECT 2 AS b", "--json").json["rows"] == [{"b": 2}]
    table = pixlake("sql", "SELECT 1 AS first_one; SELECT 2 AS second_one", "--format", "table").stdout
    assert table.index("first_one") < table.index("second_one")
