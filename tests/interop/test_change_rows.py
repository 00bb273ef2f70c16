"""DELETE, UPDATE, MERGE, INSERT and TRUNCATE, beside delta-rs and read by Spark."""

import json
import os
import random
import shutil
import time

import deltalake
import pyarrow as pa
import pytest

SCHEMA = pa.schema([("id", pa.int64()), ("part", pa.string()), ("label", pa.string()), ("blob", pa.binary())])
FEED = "delta.enableChangeDataFeed"
VECTORS = "delta.enableDeletionVectors"
KINDS = {
    "plain": ([], {}),
    "partitioned": (["part"], {}),
    "feed": ([], {FEED: "true"}),
    "partitioned_feed": (["part"], {FEED: "true"}),
}


def Rows(ids, label="a"):
    return pa.table(
        {
            "id": pa.array(ids, pa.int64()),
            "part": [f"p{i % 3}" for i in ids],
            "label": [label] * len(ids),
            "blob": pa.array([bytes([i % 256]) * (i % 50) for i in ids], pa.binary()),
        },
        SCHEMA,
    )


def Create(path, kind):
    partitions, properties = KINDS[kind]
    deltalake.write_deltalake(str(path), Rows(range(60)), partition_by=partitions, configuration=properties)
    deltalake.write_deltalake(str(path), Rows(range(60, 100)), mode="append")
    return path


def Read(path):
    rows = deltalake.DeltaTable(str(path)).to_pyarrow_table().select(SCHEMA.names).to_pylist()
    return sorted((tuple(row.values()) for row in rows), key=repr)


def Run(pixlake, sql):
    return pixlake("sql", sql, "--json").json["rows"][0]


MERGE = """MERGE INTO delta.`{}` AS t USING (SELECT id, 'm' || id AS label FROM range(90, 110) r(id)) AS s
ON t.id = s.id
WHEN MATCHED AND s.id < 93 THEN DELETE
WHEN MATCHED THEN UPDATE SET label = s.label
WHEN NOT MATCHED AND s.id < 105 THEN INSERT (id, part, label) VALUES (s.id, 'new', s.label)
WHEN NOT MATCHED BY SOURCE AND t.id = 7 THEN UPDATE SET part = 'p9'
WHEN NOT MATCHED BY SOURCE AND t.id = 8 THEN DELETE"""


def MergeByDeltalake(path):
    ids = list(range(90, 110))
    source = pa.table({"id": pa.array(ids, pa.int64()), "label": [f"m{i}" for i in ids]})
    merge = deltalake.DeltaTable(str(path)).merge(source, "t.id = s.id", source_alias="s", target_alias="t")
    (
        merge.when_matched_delete("s.id < 93")
        .when_matched_update({"label": "s.label"})
        .when_not_matched_insert({"id": "s.id", "part": "'new'", "label": "s.label"}, "s.id < 105")
        .when_not_matched_by_source_update({"part": "'p9'"}, "t.id = 7")
        .when_not_matched_by_source_delete("t.id = 8")
        .execute()
    )


OPERATIONS = {
    "delete": ("DELETE FROM delta.`{}` WHERE id % 7 = 2", lambda t: t.delete("id % 7 = 2")),
    "delete_partition": ("DELETE FROM delta.`{}` WHERE part = 'p1'", lambda t: t.delete("part = 'p1'")),
    "delete_all": ("DELETE FROM delta.`{}`", lambda t: t.delete()),
    "delete_none": ("DELETE FROM delta.`{}` WHERE id > 1000", lambda t: t.delete("id > 1000")),
    "update": (
        "UPDATE delta.`{}` SET label = label || 'u', id = id + 1000 WHERE id BETWEEN 10 AND 20",
        lambda t: t.update(updates={"label": "label || 'u'", "id": "id + 1000"}, predicate="id BETWEEN 10 AND 20"),
    ),
    "update_partition": (
        "UPDATE delta.`{}` SET part = 'p2' WHERE id < 5",
        lambda t: t.update(updates={"part": "'p2'"}, predicate="id < 5"),
    ),
    "update_blob": (
        "UPDATE delta.`{}` SET blob = NULL WHERE label = 'a' AND id > 95",
        lambda t: t.update(updates={"blob": "NULL"}, predicate="label = 'a' AND id > 95"),
    ),
    "merge": (MERGE, lambda t: MergeByDeltalake(t.table_uri)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_same_rows_as_deltalake(pixlake, tmp_path, kind, operation):
    ours, theirs = Create(tmp_path / "ours", kind), Create(tmp_path / "theirs", kind)
    sql, change = OPERATIONS[operation]
    Run(pixlake, sql.format(ours))
    change(deltalake.DeltaTable(str(theirs)))
    assert Read(ours) == Read(theirs)
    assert pixlake("table", "check", ours, "--json").json["unreferenced_files"] == 0
    if FEED in KINDS[kind][1]:
        assert Feed(ours, 2) == Feed(theirs, 2)


def Feed(path, version):
    """The changes from a version on, as delta-rs reads them."""
    if deltalake.DeltaTable(str(path)).version() < version:
        return []
    feed = deltalake.DeltaTable(str(path)).load_cdf(starting_version=version)
    rows = pa.table(feed.read_all()).select([*SCHEMA.names, "_change_type"]).to_pylist()
    found = sorted((tuple(row.values()) for row in rows), key=repr)
    # Rows that are updated to what they were: Spark and we tell of them, delta-rs does not.
    same = {row[:-1] for row in found if row[-1] == "update_preimage"}
    same &= {row[:-1] for row in found if row[-1] == "update_postimage"}
    return [row for row in found if row[:-1] not in same]


def test_insert_overwrite_and_replace_where(pixlake, tmp_path):
    path = Create(tmp_path / "t", "partitioned")
    before = Read(path)
    Run(pixlake, f"INSERT INTO delta.`{path}` (label, id) SELECT 'i' || id, id FROM range(200, 203) r(id)")
    assert len(Read(path)) == len(before) + 3
    assert (201, None, "i201", None) in Read(path)
    Run(pixlake, f"INSERT INTO delta.`{path}` BY NAME SELECT 'p0' AS part, 300 AS id")
    assert (300, "p0", None, None) in Read(path)
    report = Run(pixlake, f"INSERT INTO delta.`{path}` REPLACE WHERE part = 'p0' VALUES (1, 'p0', 'only', NULL)")
    assert report["rows_deleted"] == sum(row[1] == "p0" for row in before) + 1
    assert [row for row in Read(path) if row[1] == "p0"] == [(1, "p0", "only", None)]
    failed = pixlake(
        "sql", f"INSERT INTO delta.`{path}` REPLACE WHERE part = 'p0' VALUES (1, 'p1', '', NULL)", status=None
    )
    assert failed.status != 0
    assert "outside REPLACE WHERE" in failed.stderr
    Run(pixlake, f"INSERT OVERWRITE delta.`{path}` VALUES (5, 'p5', 'x', 'b'::BLOB)")
    assert Read(path) == [(5, "p5", "x", b"b")]
    Run(pixlake, f"TRUNCATE TABLE delta.`{path}`")
    assert Read(path) == []


def test_metadata_alone_deletes_partitions(pixlake, tmp_path):
    path = Create(tmp_path / "t", "partitioned")
    report = pixlake("table", "delete", path, "--where", "part = 'p1'", "--json").json
    assert (report["files_added"], report["rows_copied"]) == (0, 0)
    assert report["rows_deleted"] == 33


def test_a_row_changed_twice_is_an_error(pixlake, tmp_path):
    path = Create(tmp_path / "t", "plain")
    before = Read(path)
    using = "(SELECT * FROM (VALUES (3, 'x'), (3, 'y')) v(id, label)) AS s"
    sql = f"MERGE INTO delta.`{path}` AS t USING {using} ON t.id = s.id WHEN MATCHED THEN "
    failed = pixlake("sql", sql + "UPDATE SET label = s.label", status=2)
    assert "several rows of the source" in failed.stderr
    assert Read(path) == before
    assert Run(pixlake, sql + "DELETE")["rows_deleted"] == 1


def test_schema_evolution_of_merge(pixlake, tmp_path):
    path = Create(tmp_path / "t", "plain")
    report = pixlake(
        "table", "merge", path, "--using", "(SELECT 3 AS id, 'new' AS label, 7.5::DOUBLE AS score)",
        "--on", "target.id = source.id", "--when", "MATCHED THEN UPDATE SET *", "--schema-evolution", "--json",
    ).json  # fmt: skip
    assert report["rows_updated"] == 1
    rows = {row["id"]: row for row in deltalake.DeltaTable(str(path)).to_pyarrow_table().to_pylist()}
    assert rows[3]["score"] == 7.5
    assert rows[3]["label"] == "new"
    assert rows[3]["blob"] == bytes([3]) * 3
    assert rows[4]["score"] is None


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("DELETE FROM delta.`{}` WHERE", "expression"),
        ("DELETE FROM delta.`{}` WHERE nothing = 1", "nothing"),
        ("UPDATE delta.`{}` SET nothing = 1", "no column nothing"),
        ("UPDATE delta.`{}` SET id = 1, id = 2", "twice"),
        ("UPDATE delta.`{}` SET id = 'text'", "text"),
        ("MERGE INTO delta.`{}` USING 'x'", "ON"),
        (
            "MERGE INTO delta.`{}` AS t USING (SELECT 1 AS id) AS s ON t.id = s.id WHEN MATCHED THEN INSERT *",
            "NOT MATCHED",
        ),
        ("INSERT INTO delta.`{}` VALUES (1)", "1 columns for 4"),
    ],
)
def test_wrong_statements_change_nothing(pixlake, tmp_path, sql, message):
    path = Create(tmp_path / "t", "plain")
    outcome = pixlake("sql", sql.format(path), "--json", status=2)
    assert message in outcome.json["error"]["message"]
    assert deltalake.DeltaTable(str(path)).version() == 1


def Values(ids):
    return ", ".join(f"({i}, 'p{i % 3}', 'n', NULL)" for i in ids)


def Write(table, ids, **how):
    """The rows of Values(ids), by delta-rs."""
    rows = Rows(ids, "n").drop(["blob"]).append_column("blob", pa.nulls(len(ids), pa.binary()))
    deltalake.write_deltalake(table.table_uri, rows, **how)


def RandomOperation(random):
    """SQL for ours and a call for theirs."""
    low = random.randrange(120)
    high = low + random.randrange(1, 40)
    where = random.choice(
        [f"id >= {low} AND id < {high}", f"id % {random.randrange(2, 9)} = 1", "part = 'p1'", "label = 'a'"]
    )
    kind = random.choice(["delete", "update", "update", "merge", "append", "replace", "upkeep"])
    if kind == "delete":
        return "DELETE FROM delta.`{}` WHERE " + where, lambda t: t.delete(where)
    if kind == "update":
        column, value = random.choice([("label", f"'u{low}'"), ("part", "'p2'"), ("id", "id + 1"), ("blob", "NULL")])
        return (
            f"UPDATE delta.`{{}}` SET {column} = {value} WHERE {where}",
            lambda t: t.update(updates={column: value}, predicate=where),
        )
    if kind == "append":
        ids = list(range(low, high))
        return f"INSERT INTO delta.`{{}}` VALUES {Values(ids)}", lambda t: Write(t, ids, mode="append")
    if kind == "replace":
        ids = [i for i in range(low, high) if i % 3 == 1]
        if not ids or random.random() < 0.2:
            ids = list(range(low, high))
            return f"INSERT OVERWRITE delta.`{{}}` VALUES {Values(ids)}", lambda t: Write(t, ids, mode="overwrite")
        return (
            f"INSERT INTO delta.`{{}}` REPLACE WHERE part = 'p1' VALUES {Values(ids)}",
            lambda t: Write(t, ids, mode="overwrite", predicate="part = 'p1'"),
        )
    if kind == "upkeep":
        return random.choice(
            [
                ("OPTIMIZE delta.`{}`", lambda t: t.optimize.compact()),
                ("OPTIMIZE delta.`{}` ZORDER BY (id, label)", lambda t: t.optimize.z_order(["id", "label"])),
                # The one version but 0 that is the same for both: who changes nothing need not commit.
                ("RESTORE TABLE delta.`{}` TO VERSION AS OF 1", lambda t: t.restore(1) if t.version() > 1 else None),
            ]
        )
    source = pa.table({"k": pa.array(range(500 + low, 500 + high), pa.int64())})
    return (
        f"MERGE INTO delta.`{{}}` AS t USING (SELECT k FROM range({500 + low}, {500 + high}) r(k)) AS s "
        "ON t.id + 500 = s.k AND t.label <> 'm' WHEN MATCHED AND t.id % 2 = 0 THEN UPDATE SET label = 'm' "
        "WHEN NOT MATCHED THEN INSERT (id, label) VALUES (s.k, 'q')",
        lambda t: (
            t.merge(source, "t.id + 500 = s.k AND t.label <> 'm'", source_alias="s", target_alias="t")
            .when_matched_update({"label": "'m'"}, "t.id % 2 = 0")
            .when_not_matched_insert({"id": "s.k", "label": "'q'"})
            .execute()
        ),
    )


def Twins(pixlake, tmp_path, seed):
    random_ = random.Random(seed)
    kind = random_.choice(list(KINDS))
    ours, theirs = Create(tmp_path / "ours", kind), Create(tmp_path / "theirs", kind)
    done = []
    for _ in range(random_.randrange(2, 6)):
        sql, change = RandomOperation(random_)
        done.append(sql[:200])
        Run(pixlake, sql.format(ours))
        change(deltalake.DeltaTable(str(theirs)))
        assert Read(ours) == Read(theirs), f"seed {seed}, {kind}: {done}"


@pytest.mark.parametrize("seed", range(8))
def test_random_operations_on_twins(pixlake, tmp_path, seed):
    Twins(pixlake, tmp_path, seed)


@pytest.mark.full
def test_a_thousand_random_sequences_on_twins(pixlake, tmp_path):
    """As many of a thousand as PIXLAKE_SEQUENCE_SECONDS allow; the count is said."""
    seconds = float(os.environ.get("PIXLAKE_SEQUENCE_SECONDS", "90"))
    begin, done = time.monotonic(), 0
    for seed in range(1000, 2000):
        if time.monotonic() - begin > seconds:
            break
        Twins(pixlake, tmp_path / str(seed), seed)
        shutil.rmtree(tmp_path / str(seed))
        done += 1
    print(f"{done} of 1000 sequences were run")
    assert done >= 20


@pytest.mark.spark
def test_spark_reads_what_we_change_with_vectors(spark, pixlake, tmp_path):
    path = tmp_path / "t"
    properties = f"'{FEED}'='true', '{VECTORS}'='true'"
    columns = "id BIGINT, part STRING, label STRING, blob BINARY"
    spark.sql(f"CREATE TABLE delta.`{path}` ({columns}) USING delta PARTITIONED BY (part) TBLPROPERTIES ({properties})")
    spark.sql(f"INSERT INTO delta.`{path}` SELECT id, concat('p', id % 3), 'a', cast('x' as binary) FROM range(100)")
    twin = Create(tmp_path / "twin", "partitioned")
    Run(pixlake, f"INSERT OVERWRITE delta.`{path}` SELECT * FROM delta_scan('{twin}')")
    first = deltalake.DeltaTable(str(twin)).version()
    for operation in ("delete", "update", "merge", "update_blob", "update_partition", "delete_partition"):
        sql, change = OPERATIONS[operation]
        Run(pixlake, sql.format(path))
        change(deltalake.DeltaTable(str(twin)))
        rows = spark.read.format("delta").load(str(path)).select(*SCHEMA.names).collect()
        found = [(*row[:3], None if row[3] is None else bytes(row[3])) for row in rows]
        assert sorted(found, key=repr) == Read(twin), operation
    log = (path / "_delta_log/00000000000000000003.json").read_text().splitlines()
    assert any("deletionVector" in json.loads(line).get("add", {}) for line in log)
    feed = spark.read.option("readChangeFeed", "true").option("startingVersion", 3).format("delta").load(str(path))
    ours = pixlake("table", "changes", path, "--from", 3, "--json").json["rows"]
    assert sorted((r.id, r.label or "", r._change_type, r._commit_version) for r in feed.collect()) == sorted(
        (int(r["id"]), r["label"] or "", r["_change_type"], int(r["_commit_version"])) for r in ours
    )
    assert first == 1
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id < 50")
    left = int(pixlake("sql", f"SELECT count(*) AS n FROM delta_scan('{path}')", "--json").json["rows"][0]["n"])
    assert left == spark.read.format("delta").load(str(path)).count() > 0
