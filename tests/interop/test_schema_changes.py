"""CREATE TABLE, ALTER TABLE, column mapping and type widening, beside delta-rs and Spark."""

import json
from pathlib import Path

import deltalake
import pyarrow as pa
import pyarrow.parquet
import pytest


def Sql(pixlake, sql, **options):
    return pixlake("sql", sql, "--json", **options).json


def Rows(pixlake, path, order="id"):
    return [tuple(row.values()) for row in Sql(pixlake, f"SELECT * FROM delta.`{path}` ORDER BY {order}")["rows"]]


def Error(pixlake, sql, status=2):
    return Sql(pixlake, sql, status=status)["error"]["message"]


def Metadata(path):
    """The last metaData action of the log."""
    found = None
    for commit in sorted(Path(path, "_delta_log").glob("*.json")):
        for line in commit.read_text().splitlines():
            found = json.loads(line).get("metaData", found)
    return found


TYPES = """id BIGINT NOT NULL COMMENT 'the key', b BOOLEAN, i8 TINYINT, i16 SMALLINT, i32 INT, f FLOAT, d DOUBLE,
m DECIMAL(12,3), t STRING, x BINARY, day DATE, at TIMESTAMP, a ARRAY<INT>, k MAP<STRING, DOUBLE>,
s STRUCT<a: INT COMMENT 'inner', b: STRUCT<c: STRING>>"""


def test_a_table_is_created_as_delta_rs_sees_it(pixlake, tmp_path):
    path = tmp_path / "t"
    report = Sql(
        pixlake,
        f"CREATE TABLE delta.`{path}` ({TYPES}) USING delta PARTITIONED BY (day) COMMENT 'all types' "
        "TBLPROPERTIES ('delta.appendOnly' = 'true', note.of.mine = 7)",
    )
    assert report["rows"][0]["version"] == 0
    table = deltalake.DeltaTable(str(path))
    fields = {field.name: field for field in table.schema().fields}
    assert [str(fields[n].type.type) if n not in "aks" else n for n in fields][:4] == [
        "long",
        "boolean",
        "byte",
        "short",
    ]
    assert not fields["id"].nullable
    assert fields["id"].metadata["comment"] == "the key"
    metadata = table.metadata()
    assert (metadata.partition_columns, metadata.description) == (["day"], "all types")
    assert metadata.configuration == {"delta.appendOnly": "true", "note.of.mine": "7"}
    assert "NULL in column id, which is NOT NULL" in Error(
        pixlake, f"INSERT INTO delta.`{path}` (t) VALUES ('no id')", status=1
    )
    rows = pa.table({"id": [1], "day": pa.array([3], pa.date32()), "t": ["x"]})
    deltalake.write_deltalake(str(path), rows, mode="append", schema_mode="merge")
    assert Sql(pixlake, f"SELECT t FROM delta.`{path}`")["rows"] == [{"t": "x"}]
    assert "NOT NULL" in Error(pixlake, f"ALTER TABLE delta.`{path}` ADD COLUMN n INT NOT NULL")
    again = f"CREATE TABLE IF NOT EXISTS delta.`{path}` (id INT)"
    assert Sql(pixlake, again)["rows"][0]["version"] == 1
    assert "one already" in Error(pixlake, again.replace("IF NOT EXISTS ", ""), status=1)


def test_a_query_becomes_a_table_in_one_commit(pixlake, tmp_path):
    path = tmp_path / "t"
    query = "SELECT i AS id, 'p' || (i % 2) AS part, {'a': i, 'b': [i]} AS s, i::UTINYINT AS small FROM range(100) r(i)"
    Sql(pixlake, f"CREATE TABLE delta.`{path}` PARTITIONED BY (part) AS {query}")
    table = deltalake.DeltaTable(str(path))
    assert table.version() == 0
    rows = table.to_pyarrow_table().sort_by("id").to_pylist()
    assert rows[7] == {"id": 7, "part": "p1", "s": {"a": 7, "b": [7]}, "small": 7}
    assert len(rows) == 100
    assert len(table.file_uris()) == 2
    assert table.history()[0]["operation"] == "CREATE TABLE AS SELECT"
    other = tmp_path / "u"
    assert "no type for" in Error(pixlake, f"CREATE TABLE delta.`{other}` AS SELECT TIME '12:00:00' AS t", status=1)
    assert "id" in Error(pixlake, f"CREATE TABLE delta.`{other}` AS SELECT 1 AS id, error('id 7') AS x", status=2)
    assert not list(other.rglob("*.parquet"))


def test_a_table_of_the_lake_and_the_commands(pixlake, tmp_path):
    lake = tmp_path / "lake"
    pixlake("init", lake)
    pixlake("table", "create", "curated.words", "--lake", lake, "--columns", "id BIGINT, word STRING",
            "--partitioned-by", "word", "--property", "delta.enableChangeDataFeed=true")  # fmt: skip
    pixlake("sql", "INSERT INTO curated.words VALUES (1, 'a')", "--lake", lake)
    pixlake("table", "alter", "curated.words", "ADD COLUMN note STRING FIRST", "--lake", lake)
    rows = pixlake("sql", "SELECT * FROM curated.words", "--lake", lake, "--json").json["rows"]
    assert rows == [{"note": None, "id": 1, "word": "a"}]
    report = pixlake("table", "create", lake / "other", "--query", "SELECT 1 AS id", "--json").json
    assert report["version"] == 0


def test_session_tables_are_still_duckdbs(pixlake):
    sql = "CREATE TABLE t (a INT); ALTER TABLE t ADD COLUMN b INT; INSERT INTO t VALUES (1, 2); SELECT * FROM t"
    assert Sql(pixlake, sql)["rows"] == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("ALTER TABLE delta.`{}` ADD COLUMN id INT", "there already"),
        ("ALTER TABLE delta.`{}` ADD COLUMN x VARCHAR2", "no type VARCHAR2"),
        ("ALTER TABLE delta.`{}` ADD COLUMN x INT DEFAULT 3", "SET DEFAULT"),
        ("ALTER TABLE delta.`{}` ADD COLUMN x INT AFTER nothing", "no column `nothing`"),
        ("ALTER TABLE delta.`{}` ADD COLUMN `a b` INT", "columnMapping"),
        ("ALTER TABLE delta.`{}` DROP COLUMN label", "delta.columnMapping.mode"),
        ("ALTER TABLE delta.`{}` RENAME COLUMN label TO name", "delta.columnMapping.mode"),
        ("ALTER TABLE delta.`{}` ALTER COLUMN id TYPE DOUBLE", "delta.enableTypeWidening"),
        ("ALTER TABLE delta.`{}` ALTER COLUMN nothing COMMENT 'x'", "no column `nothing`"),
        ("ALTER TABLE delta.`{}` ALTER COLUMN label SET NOT NULL", "1 rows of the table are"),
        ("ALTER TABLE delta.`{}` ADD CONSTRAINT few CHECK (id < 3)", "1 rows of the table break it"),
        ("ALTER TABLE delta.`{}` ADD CONSTRAINT odd CHECK (hash(id) > 0)", "`hash`"),
        ("ALTER TABLE delta.`{}` DROP CONSTRAINT few", "no constraint few"),
        ("ALTER TABLE delta.`{}` UNSET TBLPROPERTIES ('a')", "no property a"),
        ("ALTER TABLE delta.`{}` SET TBLPROPERTIES ('delta.columnMapping.mode' = 'id')", "cannot become id"),
        ("ALTER TABLE delta.`{}` SET TBLPROPERTIES ('delta.appendOnly' = 'maybe')", "expected true or false"),
        ("ALTER TABLE delta.`{}` SET TBLPROPERTIES ('delta.enableIcebergCompatV2' = 'true')", "IcebergCompatV2"),
        ("ALTER TABLE delta.`{}` SET TBLPROPERTIES ('delta.feature.magic' = 'supported')", "magic"),
        ("ALTER TABLE delta.`{}` DROP FEATURE deletionVectors", "DROP FEATURE is not there"),
        ("ALTER TABLE delta.`{}` EAT COLUMN id", "`EAT`"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(pixlake, tmp_path, sql, message):
    path = tmp_path / "t"
    deltalake.write_deltalake(str(path), pa.table({"id": [1, 2, 3], "label": ["a", None, "c"]}))
    assert message in Error(pixlake, sql.format(path), status=None)
    assert deltalake.DeltaTable(str(path)).version() == 0


def test_rules_and_properties_are_altered(pixlake, tmp_path):
    path = tmp_path / "t"
    deltalake.write_deltalake(str(path), pa.table({"id": [1, 2], "label": ["a", "b"]}))
    alter = f"ALTER TABLE delta.`{path}` "
    Sql(pixlake, alter + "ADD COLUMNS (n INT COMMENT 'new', s STRUCT<a: INT> AFTER id)")
    Sql(pixlake, alter + "ADD COLUMN s.b STRING FIRST")
    Sql(pixlake, alter + "ALTER COLUMN label FIRST")
    Sql(pixlake, alter + "ALTER COLUMN label SET NOT NULL")
    Sql(pixlake, alter + "ALTER COLUMN n SET DEFAULT 42")
    Sql(pixlake, alter + "ADD CONSTRAINT Positive CHECK (id > 0)")
    Sql(pixlake, alter + "SET TBLPROPERTIES ('mine' = '1', 'delta.enableDeletionVectors' = 'true')")
    schema = deltalake.DeltaTable(str(path)).schema()
    assert [field.name for field in schema.fields] == ["label", "id", "s", "n"]
    assert [field.name for field in schema.fields[2].type.fields] == ["b", "a"]
    assert schema.fields[3].metadata["comment"] == "new"
    Sql(pixlake, f"INSERT INTO delta.`{path}` (id, label) VALUES (3, 'c')")
    assert Rows(pixlake, path)[2][3] == 42
    assert "constraint positive (id > 0)" in Error(pixlake, f"UPDATE delta.`{path}` SET id = -id", status=1)
    assert "NOT NULL" in Error(pixlake, f"UPDATE delta.`{path}` SET label = NULL", status=1)
    configuration = deltalake.DeltaTable(str(path)).metadata().configuration
    assert configuration["delta.constraints.positive"] == "id > 0"
    Sql(pixlake, alter + "DROP CONSTRAINT positive")
    Sql(pixlake, alter + "UNSET TBLPROPERTIES ('mine')")
    Sql(pixlake, alter + "ALTER COLUMN label DROP NOT NULL")
    Sql(pixlake, f"UPDATE delta.`{path}` SET id = -id, label = NULL")
    assert "mine" not in deltalake.DeltaTable(str(path)).metadata().configuration
    operations = [row["operation"] for row in Sql(pixlake, f"DESCRIBE HISTORY delta.`{path}`")["rows"]]
    assert operations[:3] == ["UPDATE", "CHANGE COLUMN", "UNSET TBLPROPERTIES"]


def Mapped(pixlake, path, mode="name", more=""):
    Sql(
        pixlake,
        f"CREATE TABLE delta.`{path}` (id BIGINT, `the part` STRING, s STRUCT<a: INT, b: STRING>, "
        f"l ARRAY<STRUCT<e: INT>>, img BINARY) PARTITIONED BY (`the part`) "
        f"TBLPROPERTIES ('delta.columnMapping.mode' = '{mode}'{more})",
    )
    Fill(pixlake, path, 0, 20)


def Fill(pixlake, path, begin, end):
    Sql(
        pixlake,
        f"INSERT INTO delta.`{path}` SELECT i, 'p' || (i % 2), {{'a': i, 'b': 'b' || i}}, [{{'e': i}}], "
        f"repeat('x', i::INT)::BLOB FROM range({begin}, {end}) r(i)",
    )


def FieldIds(path):
    """By dotted physical path, of one data file."""
    schema = pyarrow.parquet.read_schema(next(Path(path).rglob("[!_]*.parquet")))
    return {field.name: field.metadata[b"PARQUET:field_id"] for field in schema}


@pytest.mark.parametrize("mode", ["name", "id"])
def test_mapped_tables_are_written_and_read_back(pixlake, tmp_path, mode):
    path = tmp_path / "t"
    Mapped(pixlake, path, mode, ", 'delta.enableChangeDataFeed' = 'true'")
    fields = json.loads(Metadata(path)["schemaString"])["fields"]
    by_physical = {f["metadata"]["delta.columnMapping.physicalName"]: f for f in fields}
    for physical, field_id in FieldIds(path).items():
        assert physical.startswith("col-")
        assert int(field_id) == by_physical[physical]["metadata"]["delta.columnMapping.id"]
    add = next(
        json.loads(line)["add"]
        for line in (path / "_delta_log/00000000000000000001.json").read_text().splitlines()
        if '"add"' in line
    )
    part = next(physical for physical, f in by_physical.items() if f["name"] == "the part")
    assert list(add["partitionValues"]) == [part]
    assert set(json.loads(add["stats"])["nullCount"]) <= set(by_physical)

    Sql(pixlake, f"UPDATE delta.`{path}` SET `the part` = 'p7' WHERE id = 3")
    Sql(pixlake, f"DELETE FROM delta.`{path}` WHERE s.a = 4")
    Sql(
        pixlake,
        f"MERGE INTO delta.`{path}` t USING (SELECT 5 AS k) q ON t.id = q.k WHEN MATCHED THEN UPDATE SET "
        "s = {'a': 500, 'b': 'five'}",
    )
    before = Rows(pixlake, path)
    assert len(before) == 19
    assert [r for r in before if r[0] in (3, 5)] == [
        (3, "p7", {"a": 3, "b": "b3"}, [{"e": 3}], "eHh4"),
        (5, "p1", {"a": 500, "b": "five"}, [{"e": 5}], "eHh4eHg="),
    ]
    alter = f"ALTER TABLE delta.`{path}` "
    Sql(pixlake, alter + "RENAME COLUMN `the part` TO part")
    Sql(pixlake, alter + "RENAME COLUMN s.a TO z")
    Sql(pixlake, alter + "DROP COLUMN l")
    Sql(pixlake, alter + "ADD COLUMN l STRING")
    Fill2 = f"INSERT INTO delta.`{path}` BY NAME SELECT 100 AS id, 'p0' AS part, 'new' AS l"
    Sql(pixlake, Fill2)
    pixlake("table", "optimize", path)
    pixlake("table", "zorder", path, "--by", "id")
    after = Rows(pixlake, path)
    assert [r[:2] for r in after[:-1]] == [r[:2] for r in before]
    assert after[3] == (3, "p7", {"z": 3, "b": "b3"}, "eHh4", None)
    assert after[-1] == (100, "p0", None, None, "new")
    found = Sql(pixlake, f"SELECT id FROM delta.`{path}` WHERE part = 'p7'")
    assert found["rows"] == [{"id": 3}]
    assert found["files_skipped"] > 0
    changes = Sql(
        pixlake, f"SELECT id, \"the part\" AS p, _change_type FROM table_changes('{path}', 2, 2) ORDER BY ALL"
    )["rows"]
    assert [(c["id"], c["p"], c["_change_type"]) for c in changes] == [
        (3, "p1", "update_preimage"),
        (3, "p7", "update_postimage"),
    ]
    assert pixlake("table", "check", path, "--json").json["problems"] == []


def test_a_plain_table_takes_names_of_its_own_later(pixlake, tmp_path):
    path = tmp_path / "t"
    deltalake.write_deltalake(
        str(path), pa.table({"id": [1, 2], "label": ["a", "b"], "p": ["x", "y"]}), partition_by=["p"]
    )
    alter = f"ALTER TABLE delta.`{path}` "
    Sql(pixlake, alter + "ADD CONSTRAINT named CHECK (length(label) > 0)")
    Sql(pixlake, alter + "SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')")
    configuration = Metadata(path)["configuration"]
    assert configuration["delta.columnMapping.maxColumnId"] == "3"
    assert "constraint named" in Error(pixlake, alter + "DROP COLUMN label")
    Sql(pixlake, alter + "DROP CONSTRAINT named")
    Sql(pixlake, alter + "RENAME COLUMN label TO `the name`")
    Sql(pixlake, alter + "RENAME COLUMN p TO part")
    Sql(pixlake, f"INSERT INTO delta.`{path}` VALUES (3, 'c', 'x')")
    assert Rows(pixlake, path) == [(1, "a", "x"), (2, "b", "y"), (3, "c", "x")]
    Sql(pixlake, alter + "DROP COLUMN `the name`")
    Sql(pixlake, alter + "ADD COLUMN label STRING")
    assert Rows(pixlake, path) == [(1, "x", None), (2, "y", None), (3, "x", None)]
    assert "partitioned by it" in Error(pixlake, alter + "DROP COLUMN part")
    assert "stays" in Error(pixlake, alter + "UNSET TBLPROPERTIES ('delta.columnMapping.mode')")


def test_types_widen_and_files_of_both_widths_are_read(pixlake, tmp_path):
    path = tmp_path / "t"
    columns = "id INT, b TINYINT, f FLOAT, m DECIMAL(5,2), i INT, day DATE, s STRUCT<x: SMALLINT>"
    properties = "'delta.enableTypeWidening' = 'true'"
    Sql(pixlake, f"CREATE TABLE delta.`{path}` ({columns}) TBLPROPERTIES ({properties})")
    row = "1, 7, 1.5, 123.45, 9, DATE '2024-02-29', {'x': 3}"
    Sql(pixlake, f"INSERT INTO delta.`{path}` VALUES ({row})")
    wider = {"id": "BIGINT", "b": "INT", "f": "DOUBLE", "m": "DECIMAL(10,4)", "i": "DOUBLE", "s.x": "BIGINT"}
    for column, type_ in {**wider, "day": "TIMESTAMP_NTZ"}.items():
        Sql(pixlake, f"ALTER TABLE delta.`{path}` ALTER COLUMN {column} TYPE {type_}")
    Sql(pixlake, f"INSERT INTO delta.`{path}` VALUES (9999999999, 100000, 1e300, 1234.5678, 0.5, "
        "TIMESTAMP '2024-01-01 12:00:00', {'x': 99999999999})")  # fmt: skip
    rows = Sql(
        pixlake, f"SELECT id, b, f, m::VARCHAR AS m, i, day::VARCHAR AS day, s.x AS x FROM delta.`{path}` ORDER BY id"
    )
    assert [tuple(row.values()) for row in rows["rows"]] == [
        (1, 7, 1.5, "123.4500", 9.0, "2024-02-29 00:00:00", 3),
        (9999999999, 100000, 1e300, "1234.5678", 0.5, "2024-01-01 12:00:00", 99999999999),
    ]
    fields = {f["name"]: f for f in json.loads(Metadata(path)["schemaString"])["fields"]}
    assert fields["b"]["metadata"]["delta.typeChanges"] == [{"fromType": "byte", "toType": "integer"}]
    assert "does not widen" in Error(pixlake, f"ALTER TABLE delta.`{path}` ALTER COLUMN id TYPE INT")
    assert Sql(pixlake, f"SELECT id FROM delta.`{path}` WHERE id = 1")["rows"] == [{"id": 1}]


@pytest.mark.spark
def test_spark_reads_and_writes_what_we_make_and_alter(spark, pixlake, tmp_path):
    path = tmp_path / "t"
    Mapped(pixlake, path, "name", ", 'delta.enableTypeWidening' = 'true', 'delta.enableDeletionVectors' = 'true'")
    alter = f"ALTER TABLE delta.`{path}` "
    Sql(pixlake, alter + "RENAME COLUMN `the part` TO part")
    Sql(pixlake, alter + "DROP COLUMN l")
    Sql(pixlake, alter + "ADD COLUMN n INT AFTER id")
    Sql(pixlake, alter + "ALTER COLUMN s.a TYPE BIGINT")
    Sql(pixlake, alter + "ADD CONSTRAINT small CHECK (id < 1000)")
    Sql(pixlake, f"UPDATE delta.`{path}` SET n = id WHERE id >= 18")
    spark.sql(f"INSERT INTO delta.`{path}` VALUES (50, 5, 'p5', named_struct('a', 5000000000L, 'b', 'x'), NULL)")
    spark.sql(f"ALTER TABLE delta.`{path}` RENAME COLUMN n TO number")
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id < 15")
    Fill3 = f"INSERT INTO delta.`{path}` VALUES (60, 6, 'p6', {{'a': 6, 'b': 'six'}}, 'y'::BLOB)"
    Sql(pixlake, Fill3)
    with pytest.raises(Exception, match="(?i)small"):
        spark.sql(f"INSERT INTO delta.`{path}` VALUES (5000, 5, 'p5', NULL, NULL)")
    theirs = spark.read.format("delta").load(str(path)).orderBy("id").collect()
    ours = Rows(pixlake, path)
    assert [r.id for r in theirs] == [15, 16, 17, 18, 19, 50, 60]
    assert [(r.id, r.number, r.part, r.s.asDict()) for r in theirs] == [row[:4] for row in ours]
    assert theirs[0].asDict().keys() == {"id", "number", "part", "s", "img"}
    assert bytes(theirs[0].img) == b"x" * 15
    history = spark.sql(f"DESCRIBE HISTORY delta.`{path}`").collect()
    assert {"CREATE TABLE", "RENAME COLUMN", "DROP COLUMNS", "CHANGE COLUMN", "ADD CONSTRAINT"} <= {
        row.operation for row in history
    }
