"""`pixlake run` and tables that somebody else changed, and what is made again because it is asked for."""

import json
import time

import pytest
from ingest_lake import Rows, Sha256
from test_run import Picture, Same, Steps, TextRows
from test_run_settings import Lake


@pytest.fixture
def lake(pixlake, tmp_path):
    for i in range(4):
        Picture(tmp_path / "in" / f"{i}.png", i)
    pixlake("init", tmp_path / "lake")
    pixlake("run", "--lake", tmp_path / "lake", tmp_path / "in")
    return tmp_path / "lake"


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM processed.features WHERE image_id > '8'",
        "UPDATE processed.enriched SET label = 'not so', size = 0",
        "UPDATE curated.ml_ready SET image_id = concat('x', image_id)",
        "INSERT INTO curated.analytics SELECT * FROM curated.analytics",
        "DELETE FROM curated.reporting",
        "RESTORE TABLE processed.validated TO VERSION AS OF 0",
    ],
)
def test_what_others_changed_in_an_output_is_made_again(pixlake, lake, tmp_path, change):
    table = next(word for word in change.split() if "." in word)
    before = TextRows(lake, table)
    pixlake("sql", change, "--lake", lake)
    plan = Steps(pixlake("run", "--lake", lake, "--plan", "--json"))
    assert f"{table} was committed to by others" in plan[table.split(".")[1]]["reason"]
    pixlake("run", "--lake", lake)
    assert TextRows(lake, table) == before
    Same(pixlake, lake, tmp_path)
    again = Steps(pixlake("run", "--lake", lake, "--json"))
    assert {step["mode"] for step in again.values()} == {"nothing"}


def test_upkeep_of_an_output_changes_nothing(pixlake, lake):
    pixlake("table", "optimize", "processed.enriched", "--lake", lake)
    pixlake("sql", "ANALYZE TABLE processed.features COMPUTE STATISTICS FOR ALL COLUMNS", "--lake", lake)
    steps = Steps(pixlake("run", "--lake", lake, "--json"))
    assert sum(step.get("rows_out", 0) for step in steps.values()) == 0
    assert {step["mode"] for step in Steps(pixlake("run", "--lake", lake, "--json")).values()} == {"nothing"}


def test_what_is_asked_for_is_made_anew(pixlake, lake):
    steps = Steps(pixlake("run", "--lake", lake, "--anew", "--only", "enriched", "--json"))
    assert list(steps) == ["enriched"]
    assert (steps["enriched"]["mode"], steps["enriched"]["rows_out"]) == ("all", 4)
    steps = Steps(pixlake("run", "--lake", lake, "--anew", "--json"))
    assert {step["mode"] for step in steps.values()} == {"all"}


def test_what_changed_since_then_is_made_again(pixlake, lake, tmp_path):
    time.sleep(1.1)
    middle = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    time.sleep(1.1)
    Picture(tmp_path / "in" / "new.png", 100)
    pixlake("run", "--lake", lake, tmp_path / "in")
    assert Steps(pixlake("run", "--lake", lake, "--json"))["features"]["mode"] == "nothing"
    assert Steps(pixlake("run", "--lake", lake, "--since", middle, "--json"))["features"]["rows_out"] == 1
    assert Steps(pixlake("run", "--lake", lake, "--since", "1h", "--json"))["features"]["rows_out"] == 5
    Same(pixlake, lake, tmp_path)
    assert "how long ago" in pixlake("run", "--lake", lake, "--since", "soon", status=2).stderr


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("SELECT id AS image_id FROM images JOIN raw.sources USING (id)", "raw.sources"),
        ("SELECT id AS image_id FROM images WHERE id IN (SELECT id FROM source)", "source"),
        ("SELECT id AS image_id FROM images, read_csv('/etc/passwd')", "read_csv()"),
        ("SELECT id AS image_id FROM images, '/etc/passwd.csv'", "/etc/passwd.csv"),
        ("SELECT id AS image_id FROM table_scan('raw.images')", "table_scan()"),
        ("WITH a AS (FROM glob('/*')) SELECT id AS image_id FROM images, a", "glob()"),
    ],
)
def test_sql_of_a_step_reads_its_inputs_alone(pixlake, tmp_path, sql, read):
    step = {"name": "own", "inputs": ["raw.images"], "output": "processed.own", "sql": sql}
    file = Lake(pixlake, tmp_path, {"steps": [step]})
    said = pixlake("run", "--config", file, status=2).stderr
    assert f"{file}:" in said
    assert f"step own: its SQL reads {read}, which is none of its inputs: images" in said
    assert not (tmp_path / "lake" / "processed").exists()


def test_sql_of_a_step_may_count_and_name_what_it_likes(pixlake, tmp_path):
    Picture(tmp_path / "in" / "a.png", 1)
    sql = (
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) "
        "SELECT id AS image_id, sum(i) AS s, any_value(u) AS u FROM Images, n, range(2), unnest([1, 2]) AS t(u) "
        "GROUP BY id"
    )
    step = {"name": "own", "inputs": ["raw.images"], "output": "processed.own", "sql": sql}
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"steps": [step]}))
    assert [row["s"] for row in Rows(tmp_path / "lake", "processed.own")] == [24]


def test_a_sidecar_whose_bytes_had_another_name_first(pixlake, tmp_path):
    picture = Picture(tmp_path / "in" / "a.png", 1)
    (tmp_path / "in" / "0.txt").write_text('{"title": "A"}')
    (tmp_path / "in" / "plain.txt").write_text("title: none\n")
    pixlake("init", tmp_path / "lake")
    lake = tmp_path / "lake"
    pixlake("run", "--lake", lake, tmp_path / "in")
    assert Rows(lake, "processed.sidecars") == []
    (tmp_path / "in" / "a.json").write_text('{"title": "A"}')
    pixlake("run", "--lake", lake, tmp_path / "in")
    (row,) = Rows(lake, "processed.enriched")
    assert (row["image_id"], json.loads(row["sidecar"])) == (Sha256(picture.read_bytes()), {"title": "A"})
    assert [row["filename"] for row in Rows(lake, "processed.sidecars")] == ["0.txt"]
    Same(pixlake, lake, tmp_path)


def test_the_graph_is_a_picture(pixlake, lake):
    drawn = pixlake("run", "--lake", lake, "--svg").stdout
    assert drawn.startswith("<svg")
    assert "curated.ml_ready" in drawn
    assert pixlake("run", "--lake", lake, "--graph").stdout.startswith("flowchart LR")


def Query(pixlake, lake, statement):
    return pixlake("sql", statement, "--lake", lake, "--json").json.get("rows")


def test_a_cte_of_a_files_name_is_no_way_out(pixlake, tmp_path):
    (tmp_path / "other.csv").write_text("s\n1\n")
    name = f'"{tmp_path}/other.csv"'
    for sql in (
        f"WITH {name} AS (SELECT s FROM {name}) SELECT id AS image_id, s FROM images, {name}",
        f"SELECT id AS image_id FROM images, (SELECT s FROM {name}) x, (WITH {name} AS (SELECT 2) SELECT 3) y",
    ):
        step = {"name": "own", "inputs": ["raw.images"], "output": "processed.own", "sql": sql}
        said = pixlake("run", "--config", Lake(pixlake, tmp_path, {"steps": [step]}), status=2).stderr
        assert "which is none of its inputs" in said


def test_an_input_with_other_columns_makes_all_anew(pixlake, tmp_path):
    step = {"name": "own", "inputs": ["curated.sx"], "output": "curated.st", "key": "k", "sql": "SELECT * FROM sx"}
    file = Lake(pixlake, tmp_path, {"steps": [step]})
    lake = tmp_path / "lake"
    properties = "'delta.enableChangeDataFeed' = 'true', 'delta.columnMapping.mode' = 'name'"
    Query(pixlake, lake, f"CREATE TABLE curated.sx (k INT, v INT) TBLPROPERTIES ({properties})")
    Query(pixlake, lake, "INSERT INTO curated.sx VALUES (1, 1), (2, 2)")
    pixlake("run", "--config", file)
    Query(pixlake, lake, "ALTER TABLE curated.sx ADD COLUMN z INT")
    Query(pixlake, lake, "INSERT INTO curated.sx VALUES (3, 3, 3)")
    pixlake("run", "--config", file)
    Query(pixlake, lake, "ALTER TABLE curated.sx DROP COLUMN v")
    Query(pixlake, lake, "UPDATE curated.sx SET z = 9 WHERE k = 1")
    pixlake("run", "--config", file)
    rows = Query(pixlake, lake, "SELECT * FROM curated.st ORDER BY k")
    assert rows == [{"k": 1, "z": 9}, {"k": 2, "z": None}, {"k": 3, "z": 3}]


def test_keys_of_two_types_are_refused(pixlake, tmp_path):
    sql = "SELECT k, sum(a.v) AS v FROM ia a LEFT JOIN fb b USING (k) GROUP BY k"
    step = {"name": "own", "inputs": ["curated.ia", "curated.fb"], "output": "curated.j", "key": "k", "sql": sql}
    file = Lake(pixlake, tmp_path, {"steps": [step]})
    Query(pixlake, tmp_path / "lake", "CREATE TABLE curated.ia (k BIGINT, v INT)")
    Query(pixlake, tmp_path / "lake", "CREATE TABLE curated.fb (k DOUBLE, w INT)")
    assert "they must be of one type" in pixlake("run", "--config", file, status=2).stderr


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE TABLE curated.ml_ready AS SELECT * EXCLUDE (split) FROM curated.ml_ready",
        "CREATE OR REPLACE TABLE curated.ml_ready AS SELECT * REPLACE (CAST(width AS VARCHAR) AS width), 'x' AS extra "
        "FROM curated.ml_ready",
    ],
)
def test_an_output_of_other_columns_is_made_as_it_was(pixlake, lake, tmp_path, change):
    columns = Query(pixlake, lake, "DESCRIBE TABLE curated.ml_ready")
    before = TextRows(lake, "curated.ml_ready")
    Query(pixlake, lake, change)
    assert Steps(pixlake("run", "--lake", lake, "--json"))["ml_ready"]["mode"] == "all"
    assert Query(pixlake, lake, "DESCRIBE TABLE curated.ml_ready") == columns
    assert TextRows(lake, "curated.ml_ready") == before
    Same(pixlake, lake, tmp_path)
