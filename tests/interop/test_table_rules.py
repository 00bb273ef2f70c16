"""Constraints, invariants, generated columns and defaults: the same rows refused, the same
values computed by Spark, delta-rs and us."""

import datetime
import json

import deltalake
import pyarrow as pa
import pytest


def Schema(invariant=None):
    metadata = {"delta.invariants": json.dumps({"expression": {"expression": invariant}})} if invariant else None
    return pa.schema([pa.field("id", pa.int64(), metadata=metadata), pa.field("label", pa.string())])


def Create(path, constraint="id > 0 AND label != 'x'"):
    deltalake.write_deltalake(str(path), pa.table({"id": [1, 2], "label": ["a", "b"]}, Schema()))
    if constraint:
        deltalake.DeltaTable(str(path)).alter.add_constraint({"small": constraint})
    return path


def Read(path):
    return sorted(map(tuple, (row.values() for row in deltalake.DeltaTable(str(path)).to_pyarrow_table().to_pylist())))


MERGE = "MERGE INTO delta.`{}` t USING (SELECT {} AS id, '{}' AS label) s ON t.id = abs(s.id) "
STATEMENTS = {
    "insert": "INSERT INTO delta.`{}` VALUES (-7, 'c')",
    "null": "INSERT INTO delta.`{}` VALUES (7, NULL)",
    "one_of_many": "INSERT INTO delta.`{}` SELECT i - 5000, 'm' FROM range(5001, 0, -1) r(i)",
    "update": "UPDATE delta.`{}` SET label = 'x' WHERE id = 2",
    "update_to_null": "UPDATE delta.`{}` SET label = NULL WHERE id = 2",
    "merge_update": MERGE.format("{}", -1, "q") + "WHEN MATCHED THEN UPDATE SET id = s.id",
    "merge_insert": MERGE.format("{}", -9, "q") + "WHEN NOT MATCHED THEN INSERT *",
    "overwrite": "INSERT OVERWRITE delta.`{}` VALUES (3, 'x')",
    "replace_where": "INSERT INTO delta.`{}` REPLACE WHERE id = 1 VALUES (1, 'x')",
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_row_that_breaks_a_constraint_is_refused_and_nothing_written(pixlake, tmp_path, statement):
    path = Create(tmp_path / "t")
    version, before = deltalake.DeltaTable(str(path)).version(), Read(path)
    failed = pixlake("sql", STATEMENTS[statement].format(path), "--json", status=1)
    error = failed.json["error"]
    assert error["code"] == "schema_mismatch", error
    assert "constraint small (id > 0 AND label != 'x')" in error["message"]
    assert "the row has id = " in error["message"]
    assert (deltalake.DeltaTable(str(path)).version(), Read(path)) == (version, before)
    assert pixlake("table", "check", path, "--json").json["unreferenced_files"] == 0


def test_rows_that_keep_the_constraint_are_written_and_both_engines_agree(pixlake, tmp_path):
    path = Create(tmp_path / "t")
    pixlake("sql", f"INSERT INTO delta.`{path}` VALUES (7, 'c')")
    pixlake("sql", f"UPDATE delta.`{path}` SET id = id + 1 WHERE label = 'c'")
    pixlake("sql", f"DELETE FROM delta.`{path}` WHERE id = 1")
    assert Read(path) == [(2, "b"), (8, "c")]
    bad = pa.table({"id": [-3], "label": ["d"]}, Schema())
    with pytest.raises(Exception, match="(?i)small|validation"):
        deltalake.write_deltalake(str(path), bad, mode="append")


def test_an_invariant_is_kept(pixlake, tmp_path):
    path = tmp_path / "t"
    deltalake.write_deltalake(str(path), pa.table({"id": [5], "label": ["a"]}, Schema("id > 3")))
    pixlake("sql", f"INSERT INTO delta.`{path}` VALUES (4, 'b')")
    failed = pixlake("sql", f"INSERT INTO delta.`{path}` VALUES (3, 'b')", "--json", status=1)
    assert "column id (id > 3): the row has id = 3" in failed.json["error"]["message"]
    assert Read(path) == [(4, "b"), (5, "a")]


def test_what_cannot_be_translated_is_refused_by_name_before_anything_is_written(pixlake, tmp_path):
    path = Create(tmp_path / "t", constraint=None)
    log = path / "_delta_log"
    deltalake.DeltaTable(str(path)).alter.add_constraint({"odd": "id > 0"})
    commit = max(log.glob("*.json"))
    commit.write_text(
        commit.read_text().replace('"delta.constraints.odd":"id > 0"', '"delta.constraints.odd":"hash(id) > 0"')
    )
    files = sorted(path.rglob("*"))
    failed = pixlake("sql", f"INSERT INTO delta.`{path}` VALUES (7, 'c')", "--json", status=1)
    assert failed.json["error"]["code"] == "unsupported"
    assert "constraint odd" in failed.json["error"]["message"]
    assert "`hash`" in failed.json["error"]["message"]
    assert sorted(path.rglob("*")) == files
    pixlake("sql", f"DELETE FROM delta.`{path}` WHERE id = 1")  # no new rows, no rule


def test_the_simple_writer_of_ingest_refuses_a_table_with_rules_by_name(pixlake, mnist_to_delta, mnist_small, tmp_path):
    out = tmp_path / "out"
    table = out / "artifacts/mnist_images_delta"
    schema = pa.schema([("image_binary", pa.binary()), ("label", pa.string())])
    deltalake.DeltaTable.create(str(table), schema)
    deltalake.DeltaTable(str(table)).alter.add_constraint({"digit": "label < '6'"})
    failed = mnist_to_delta("--source", mnist_small.folder, "--out", out, "--no-tree", status=None)
    assert failed.status == 1
    assert "checkConstraints" in failed.stderr


# Generation expressions as Spark tables have them, over the columns of SOURCE.
GENERATED = {
    "g_date": ("DATE", "CAST(at AS DATE)"),
    "g_year": ("INT", "YEAR(at)"),
    "g_month": ("STRING", "DATE_FORMAT(at, 'yyyy-MM')"),
    "g_hour": ("INT", "HOUR(at)"),
    "g_sum": ("BIGINT", "a + b * 2"),
    "g_mod": ("BIGINT", "a % 3"),
    "g_ratio": ("DOUBLE", "a / 4"),
    "g_text": ("STRING", "CAST(a AS STRING)"),
    "g_concat": ("STRING", "concat(name, '-', CAST(b AS STRING))"),
    "g_upper": ("STRING", "upper(trim(name))"),
    "g_part": ("STRING", "substring(name, 2, 2)"),
    "g_case": ("STRING", "CASE WHEN a > 2 THEN 'big' WHEN a <=> NULL THEN 'none' ELSE 'small' END"),
    "g_if": ("INT", "IF(length(name) > 3, 1, 0)"),
    "g_bytes": ("INT", "length(content)"),
    "g_coalesce": ("STRING", "coalesce(name, 'nobody')"),
    "g_and": ("BOOLEAN", "a >= 2 AND a <= 4 AND name <> 'Ada'"),
    "g_trunc": ("TIMESTAMP", "date_trunc('HOUR', at)"),
}
SOURCE = "a BIGINT, b INT, name STRING, content BINARY, at TIMESTAMP"
ROWS = """(1, 7, 'Ada', X'0102', TIMESTAMP '2024-02-29 23:59:59'),
(-5, -7, ' Ann ', X'', TIMESTAMP '1969-12-31 00:00:01'),
(NULL, 3, NULL, NULL, NULL), (4, NULL, 'öäün', X'ff', TIMESTAMP '2000-01-01 12:30:00')"""
NAMES = "a, b, name, content, at"


@pytest.mark.spark
def test_generated_columns_defaults_and_constraints_as_spark_has_them(spark, pixlake, tmp_path):
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    for name in ("ours", "theirs"):
        table = f"delta.`{tmp_path / name}`"
        columns = ", ".join(f"{c} {t} GENERATED ALWAYS AS ({e})" for c, (t, e) in GENERATED.items())
        properties = "'delta.feature.allowColumnDefaults'='supported', 'delta.feature.invariants'='supported'"
        spark.sql(
            f"CREATE TABLE {table} ({SOURCE}, kind STRING DEFAULT 'plain', n INT DEFAULT 1 + 1, {columns}) "
            f"USING delta TBLPROPERTIES ({properties})"
        )
        check = "length(name) < 9 OR name IS NULL OR a BETWEEN 70 AND 80 OR name LIKE 'z%'"
        spark.sql(f"ALTER TABLE {table} ADD CONSTRAINT name_short CHECK ({check})")
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    spark.sql(f"INSERT INTO delta.`{theirs}` ({NAMES}) VALUES {ROWS}")
    blobs = ROWS.replace("X'0102'", "'\\x01\\x02'::BLOB").replace("X''", "''::BLOB").replace("X'ff'", "'\\xff'::BLOB")
    pixlake("sql", f"INSERT INTO delta.`{ours}` ({NAMES}) VALUES {blobs}")
    assert Sorted(spark, ours) == Sorted(spark, theirs)

    for path, run in ((theirs, spark.sql), (ours, lambda sql: pixlake("sql", sql))):
        run(f"UPDATE delta.`{path}` SET a = a + 2, name = 'Anna' WHERE b > 0")
    assert Sorted(spark, ours) == Sorted(spark, theirs)

    with pytest.raises(Exception, match="(?i)name_short"):
        spark.sql(f"INSERT INTO delta.`{ours}` ({NAMES}) VALUES (1, 1, 'much too long', NULL, NULL)")
    failed = pixlake(
        "sql", f"INSERT INTO delta.`{ours}` ({NAMES}) VALUES (1, 1, 'much too long', NULL, NULL)", status=1
    )
    assert "name_short" in failed.stderr
    assert "name = much too long" in failed.stderr
    failed = pixlake("sql", f"INSERT INTO delta.`{ours}` (a, g_mod) VALUES (4, 2)", status=1)
    assert "column g_mod is not what it is generated as" in failed.stderr
    spark.sql(f"INSERT INTO delta.`{ours}` ({NAMES}) VALUES (9, 9, 'Spark', NULL, NULL)")
    assert pixlake("sql", f"SELECT g_sum FROM delta.`{ours}` WHERE a = 9", "--json").json["rows"][0]["g_sum"] == 27


def Sorted(spark, path):
    rows = spark.read.format("delta").load(str(path)).collect()
    return sorted((tuple(map(Plain, row)) for row in rows), key=repr)


def Plain(value):
    if isinstance(value, bytearray):
        return bytes(value)
    return value.isoformat() if isinstance(value, datetime.datetime) else value


ICEBERG = "'delta.columnMapping.mode' = 'name', 'delta.enableIcebergCompatV2' = 'true'"


@pytest.mark.spark
def test_tables_that_iceberg_can_read_are_written_where_nothing_more_is_asked_of_files(spark, pixlake, tmp_path):
    path = tmp_path / "t"
    spark.sql(f"CREATE TABLE delta.`{path}` (id BIGINT, label STRING) USING delta TBLPROPERTIES ({ICEBERG})")
    spark.sql(f"INSERT INTO delta.`{path}` VALUES (1, 'a'), (2, 'b')")
    pixlake("sql", f"INSERT INTO delta.`{path}` VALUES (3, 'c'), (4, 'd')")
    pixlake("sql", f"DELETE FROM delta.`{path}` WHERE id = 2")
    pixlake("table", "optimize", path)
    assert sorted(tuple(row) for row in spark.read.format("delta").load(str(path)).collect()) == [
        (1, "a"),
        (3, "c"),
        (4, "d"),
    ]
    files = sorted((path / "_delta_log").glob("*.json"))
    log = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    assert all("numRecords" in action["add"]["stats"] for action in log if "add" in action)
    assert not any(action["add"].get("deletionVector") for action in log if "add" in action)
    spark.sql(f"INSERT INTO delta.`{path}` VALUES (5, 'e')")
    for change in ("ADD COLUMN tags ARRAY<STRING>", "SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"):
        refused = pixlake("sql", f"ALTER TABLE delta.`{path}` {change}", status=None)
        assert refused.status != 0
        assert "icebergCompatV2" in refused.stderr
    parted = tmp_path / "parted"
    spark.sql(
        f"CREATE TABLE delta.`{parted}` (id BIGINT, label STRING) USING delta PARTITIONED BY (label) "
        f"TBLPROPERTIES ({ICEBERG})"
    )
    assert "icebergCompatV2" in pixlake("sql", f"INSERT INTO delta.`{parted}` VALUES (1, 'a')", status=None).stderr
