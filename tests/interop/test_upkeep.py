"""OPTIMIZE, Z-order, VACUUM and RESTORE, judged by other readers of the same table."""

import hashlib
import json
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from pathlib import Path

import deltalake
import numpy as np
import pyarrow as pa
import pytest
from conftest import BIN, DuckDbWithDelta, Stop

MIB = 1 << 20


def Write(table: Path, files=8, rows=60, size=4000, seed=1):
    """A table of delta-rs, partitioned by day: ids, a point and a blob, null now and then."""
    chance = np.random.default_rng(seed)
    for number in range(files):
        blobs = [None if chance.random() < 0.05 else chance.bytes(int(chance.integers(0, size))) for _ in range(rows)]
        batch = pa.table(
            {
                "id": [f"{seed}-{number}-{row}" for row in range(rows)],
                "x": pa.array(chance.integers(0, 1000, rows)),
                "y": pa.array(chance.random(rows)),
                "image": pa.array(blobs, pa.binary()),
                "day": pa.array(["2026-11-20" if row % 2 else "2026-11-21" for row in range(rows)]),
            }
        )
        deltalake.write_deltalake(str(table), batch, mode="append", partition_by=["day"])


def Digest(rows) -> Counter:
    """Rows as a multiset, blobs by their checksum."""
    return Counter(
        (row["id"], row["x"], row["y"], row["day"], row["image"] is not None and hashlib.sha256(row["image"]).digest())
        for row in rows
    )


def ByDeltalake(table, version=None) -> Counter:
    return Digest(deltalake.DeltaTable(str(table), version=version).to_pyarrow_table().to_pylist())


def ByDuckdb(table) -> Counter:
    rows = DuckDbWithDelta().sql(f"SELECT * FROM delta_scan('{table}')")
    names = rows.columns
    return Digest(dict(zip(names, row, strict=True)) for row in rows.fetchall())


def ByUs(pixlake, table) -> Counter:
    out = Path(table).parent / "ours.arrow"
    pixlake("sql", f"SELECT * FROM delta_scan('{table}')", "--format", "arrow", "--output", out)
    with pa.ipc.open_stream(out) as stream:
        return Digest(stream.read_all().to_pylist())


@pytest.fixture
def table(tmp_path) -> Path:
    Write(tmp_path / "table")
    return tmp_path / "table"


def Ranges(table) -> list[tuple]:
    """Of each file, the least and the greatest x and y, by delta-rs."""
    actions = pa.table(deltalake.DeltaTable(str(table)).get_add_actions(flatten=True)).to_pylist()
    return [tuple(action[f"{what}.{column}"] for column in "xy" for what in ("min", "max")) for action in actions]


def test_a_clustered_table_is_arranged_by_its_columns_and_only_what_is_new(pixlake, tmp_path):
    table = tmp_path / "clustered"
    pixlake("sql", f"CREATE TABLE delta.`{table}` (id STRING, x BIGINT, y DOUBLE, image BLOB) CLUSTER BY (x, y)")
    assert pixlake("table", "describe", table, "--json").json["facts"]["clustered_by"] == "x, y"

    def Add(seed):
        Write(tmp_path / f"rows{seed}", seed=seed)
        pixlake("sql", f"INSERT INTO delta.`{table}` SELECT id, x, y, image FROM delta_scan('{tmp_path}/rows{seed}')")

    def Rows():
        def Known(rows) -> Counter:
            return Counter(
                (row["id"], row["x"], row["y"], row["image"] and hashlib.sha256(row["image"]).digest()) for row in rows
            )

        by_duckdb = DuckDbWithDelta().sql(f"SELECT * FROM delta_scan('{table}')")
        names = by_duckdb.columns
        found = Known(dict(zip(names, row, strict=True)) for row in by_duckdb.fetchall())
        assert found == Known(deltalake.DeltaTable(str(table)).to_pyarrow_table().to_pylist())
        return found

    Add(1)
    Add(2)
    before = Rows()
    optimize = ("table", "optimize", table, "--target-size", "100KB", "--json")
    assert pixlake(*optimize).json["files_added"] > 4
    assert Rows() == before
    # Near rows stand in one file: no file has the whole range of both.
    assert all(most_x - least_x < 900 or most_y - least_y < 0.9 for least_x, most_x, least_y, most_y in Ranges(table))
    assert not pixlake(*optimize).json["committed"]
    files = set(deltalake.DeltaTable(str(table)).file_uris())
    Add(3)
    added = Rows()
    assert pixlake(*optimize).json["committed"]
    assert len(files & set(deltalake.DeltaTable(str(table)).file_uris())) > len(files) / 2
    assert Rows() == added
    assert pixlake(*optimize, "--full").json["files_removed"] > len(files) / 2
    assert Rows() == added
    failed = pixlake("table", "zorder", table, "--by", "x", status=2)
    assert "clustered by x, y" in failed.stderr


def test_a_table_clustered_by_a_field_of_a_struct_is_packed(pixlake, tmp_path):
    table = tmp_path / "t"
    pixlake("sql", f"CREATE TABLE delta.`{table}` (id BIGINT, s STRUCT<x: INT>) CLUSTER BY (id)")
    # As Spark writes it for CLUSTER BY (s.x), which we do not make.
    first = table / "_delta_log/00000000000000000000.json"
    first.write_text(first.read_text().replace('[[\\"id\\"]]', '[[\\"s\\",\\"x\\"]]'))
    first.with_suffix(".crc").unlink(missing_ok=True)
    for i in (1, 2):
        pixlake("sql", f"INSERT INTO delta.`{table}` VALUES ({i}, {{'x': {i}}})")
    assert pixlake("table", "describe", table, "--json").json["facts"]["clustered_by"] == "s.x"
    assert pixlake("table", "optimize", table, "--json").json["files_added"] == 1
    assert sorted(deltalake.DeltaTable(str(table)).to_pyarrow_table()["id"].to_pylist()) == [1, 2]


@pytest.mark.spark
def test_optimize_and_zorder_keep_every_row_for_every_reader(pixlake, table, spark):
    before = ByDeltalake(table)
    packed = pixlake("table", "optimize", table, "--json").json
    assert (packed["files_removed"], packed["files_added"]) == (16, 2)
    assert pixlake("table", "optimize", table, "--json").json["committed"] is False
    assert ByDeltalake(table) == ByDuckdb(table) == ByUs(pixlake, table) == before
    ordered = pixlake("table", "zorder", table, "--by", "x,y", "--target-size", "64KB", "--json").json
    assert ordered["files_added"] > 2
    assert ByDeltalake(table) == ByDuckdb(table) == ByUs(pixlake, table) == before
    by_spark = spark.read.format("delta").load(str(table)).collect()
    assert Digest(row.asDict() for row in by_spark) == before
    assert pixlake("table", "check", table, "--json").json["problems"] == []


@pytest.mark.spark
def test_history_reads_like_that_of_delta_spark(pixlake, table, spark):
    pixlake("table", "optimize", table, "--where", "day = '2026-11-20'")
    history = deltalake.DeltaTable(str(table)).history(1)[0]
    assert history["operation"] == "OPTIMIZE"
    assert history["operationParameters"]["zOrderBy"] == "[]"
    by_spark = spark.sql(f"DESCRIBE HISTORY delta.`{table}` LIMIT 1").collect()[0]
    assert by_spark.operation == "OPTIMIZE"
    assert (by_spark.operationMetrics["numRemovedFiles"], by_spark.operationMetrics["numAddedFiles"]) == ("8", "1")


def test_zorder_lets_other_readers_skip_files(pixlake, table):
    pixlake("table", "zorder", table, "--by", "x,y", "--target-size", "40KB")
    actions = deltalake.DeltaTable(str(table)).get_add_actions(flatten=True)
    low, high = (pa.chunked_array(actions[key]).to_pylist() for key in ("min.x", "max.x"))
    met = sum(least <= 500 <= most for least, most in zip(low, high, strict=True))
    assert len(low) >= 8
    assert met <= len(low) / 2


def test_where_chooses_partitions_and_nothing_else(pixlake, table):
    packed = pixlake("table", "optimize", table, "--where", "day >= '2026-11-21'", "--json").json
    assert (packed["files_removed"], packed["files_added"]) == (8, 1)
    refused = pixlake("table", "optimize", table, "--where", "x > 3", status=2)
    assert "partition columns (day)" in refused.stderr
    pixlake("table", "zorder", table, "--by", "image", status=2)
    pixlake("table", "zorder", table, "--by", "day", status=2)


def test_deltalake_appends_while_we_optimize(pixlake, tmp_path):
    table = tmp_path / "table"
    Write(table, files=4)
    stop = threading.Event()
    appended = []

    def Append():
        while not stop.is_set() or len(appended) < 3:
            Write(table, files=1, seed=100 + len(appended))
            appended.append(1)

    writer = threading.Thread(target=Append)
    writer.start()
    try:
        for _ in range(6):
            pixlake("table", "optimize", table, "--json")
            pixlake("table", "zorder", table, "--by", "x", "--json")
    finally:
        stop.set()
        writer.join()
    rows = ByDeltalake(table)
    assert sum(rows.values()) == 60 * (4 + len(appended))
    assert len(rows) == sum(rows.values())  # none twice
    assert ByUs(pixlake, table) == rows


def test_vacuum_leaves_what_the_kept_versions_need(pixlake, table):
    before = ByDeltalake(table)
    (table / "day=2026-11-20" / "left-by-a-killed-writer.parquet").write_bytes(b"x")
    pixlake("table", "optimize", table)
    assert pixlake("table", "vacuum", table, "--json").json["files_deleted"] == 0
    refused = pixlake("table", "vacuum", table, "--retain-hours", "0", status=2)
    assert "168" in refused.stderr
    time.sleep(0.05)
    short = ("--retain-hours", "0", "--allow-short-retention")
    dry = pixlake("table", "vacuum", table, *short, "--dry-run", "--json").json
    # delta-rs would delete the same files; it looks at its own log, not at strangers.
    theirs = deltalake.DeltaTable(str(table)).vacuum(0, dry_run=True, enforce_retention_duration=False, full=True)
    assert {Path(path).name for path in dry["paths"]} == {Path(path).name for path in theirs}
    assert dry["files_deleted"] == 17
    assert pixlake("table", "vacuum", table, *short, "--json").json["files_deleted"] == 17
    assert ByDeltalake(table) == before
    assert len(list(table.glob("day=*/*.parquet"))) == 2
    assert [entry["operation"] for entry in deltalake.DeltaTable(str(table)).history(2)] == [
        "VACUUM END",
        "VACUUM START",
    ]


def test_restore_is_what_others_read_too(pixlake, table):
    third = ByDeltalake(table, 3)
    assert pixlake("table", "restore", table, "--version", 3, "--json").json["committed"]
    assert ByDeltalake(table) == ByDuckdb(table) == ByUs(pixlake, table) == third
    assert deltalake.DeltaTable(str(table)).history(1)[0]["operation"] == "RESTORE"
    pixlake("sql", f"RESTORE TABLE delta.`{table}` TO VERSION AS OF 5")
    assert ByDeltalake(table) == ByDeltalake(table, 5)
    pixlake("table", "restore", table, "--version", 99, status=1)


def test_sql_says_the_same(pixlake, table):
    before = ByDeltalake(table)
    first = pixlake("sql", f"SELECT count(*) AS n FROM delta.`{table}` VERSION AS OF 0", "--format", "csv").stdout
    assert first.split() == ["n", "60"]
    pixlake("sql", f"OPTIMIZE delta.`{table}` WHERE day = '2026-11-20' ZORDER BY (x, y)")
    latest = deltalake.DeltaTable(str(table)).history(1)[0]
    assert latest["operationParameters"]["zOrderBy"] == '["x","y"]'
    dry = pixlake("sql", f"VACUUM '{table}' RETAIN 200 HOURS DRY RUN", "--json").json
    assert dry["row_count"] == 0
    history = pixlake("sql", f"DESCRIBE HISTORY delta.`{table}` LIMIT 1", "--json").json
    assert history["rows"][0]["operation"] == "OPTIMIZE"
    assert ByDeltalake(table) == before
    pixlake("sql", f"OPTIMIZE delta.`{table}` ZORDER x", status=2)


@pytest.mark.parametrize("action", [("optimize",), ("zorder", "--by", "x,y"), ("vacuum",)])
def test_killed_at_any_moment_it_loses_nothing(pixlake, tmp_path, action):
    table = tmp_path / "table"
    Write(table, files=6, rows=200, size=20_000)
    before = ByDeltalake(table)
    short = ("--retain-hours", "0", "--allow-short-retention")
    extra = short if action[0] == "vacuum" else ("--target-size", "1MB")
    chance = random.Random(7)
    begin = time.monotonic()
    pixlake("table", action[0], table, *action[1:], *extra)
    duration = time.monotonic() - begin
    for _ in range(6):
        if action[0] == "vacuum":
            pixlake("table", "zorder", table, "--by", "x", "--target-size", "1MB")
        process = pixlake.Start("table", action[0], table, *action[1:], *extra)
        time.sleep(chance.uniform(0, duration * 1.1))
        Stop(process, signal.SIGKILL)
        assert ByDeltalake(table) == before
    pixlake("table", action[0], table, *action[1:], *extra)
    time.sleep(0.05)
    pixlake("table", "vacuum", table, *short)
    assert ByDeltalake(table) == ByUs(pixlake, table) == before
    report = pixlake("table", "check", table, "--json").json
    assert report["problems"] == []
    assert report["unreferenced_files"] == 0  # whatever the killed ones left is gone


def test_vacuum_leaves_an_interrupted_ingest_its_files(tmp_path):
    """A batch that is durable and not committed is named by no version, and must not be lost."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number}.txt").write_text(f"content {number}")
    for attempt in range(40):
        lake = tmp_path / f"lake{attempt}"
        batches = lake / "_pixlake/batches"
        process = subprocess.Popen([BIN / "pixlake", "ingest", folder, "--lake", lake, "--quiet"])
        while process.poll() is None and not (batches.is_dir() and any(batches.glob("*.json"))):
            pass
        process.kill()
        process.wait()
        if batches.is_dir() and any(batches.glob("*.json")):
            break
    else:
        pytest.fail("no kill came between a batch and its commit")
    vacuum = [BIN / "pixlake", "table", "vacuum", lake / "raw/binary", "--retain-hours", "0", "--allow-short-retention"]
    refused = subprocess.run([*vacuum, "--json"], capture_output=True)
    assert refused.returncode == 2
    assert "interrupted ingest" in json.loads(refused.stdout)["error"]["message"]
    subprocess.run([BIN / "pixlake", "ingest", folder, "--lake", lake, "--quiet"], check=True, capture_output=True)
    subprocess.run(vacuum, check=True, capture_output=True)
    rows = deltalake.DeltaTable(str(lake / "raw/binary")).to_pyarrow_table(columns=["content"])["content"].to_pylist()
    assert sorted(rows) == sorted(path.read_bytes() for path in folder.iterdir())
