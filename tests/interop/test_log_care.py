"""Checksums, compacted commits, V2 checkpoints, clean-up, repairs, statistics and clones of Delta tables,
judged by deltalake and Spark."""

import hashlib
import json
import os
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

DAY = 86_400


def Rows(first: int, count: int) -> pa.Table:
    return pa.table({"id": pa.array(range(first, first + count), pa.int64()), "name": [f"n{i}" for i in range(count)]})


def Write(table: Path, commits=4, rows=10) -> None:
    for number in range(commits):
        deltalake.write_deltalake(str(table), Rows(number * rows, rows), mode="append")


def Log(table: Path) -> Path:
    return table / "_delta_log"


def LastVersion(table: Path) -> int:
    return max(int(file.stem) for file in Log(table).glob("*[0-9].json") if file.stem.isdigit())


def Actions(table: Path) -> list[dict]:
    files = [Log(table) / f"{version:020}.json" for version in range(LastVersion(table) + 1)]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def SetProperties(table: Path, properties: dict, features=()) -> None:
    """As another engine would: one more commit."""
    metadata = [action["metaData"] for action in Actions(table) if "metaData" in action][-1]
    metadata["configuration"] |= properties
    lines: list[dict] = [{"commitInfo": {"operation": "SET TBLPROPERTIES", "timestamp": int(time.time() * 1000)}}]
    if features:
        both = {"readerFeatures": list(features), "writerFeatures": [*features, "appendOnly", "invariants"]}
        lines.append({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, **both}})
    lines.append({"metaData": metadata})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (Log(table) / f"{LastVersion(table) + 1:020}.json").write_text(text)


def Ids(table: Path, version=None) -> list[int]:
    return sorted(deltalake.DeltaTable(str(table), version=version).to_pyarrow_table()["id"].to_pylist())


def OurIds(pixlake, table: Path) -> list[int]:
    out = pixlake("sql", f"SELECT id FROM delta_scan('{table}') ORDER BY id", "--format", "csv").stdout
    return [int(line) for line in out.split()[1:]]


def Delete(pixlake, table: Path, where: str) -> None:
    pixlake("table", "delete", table, "--where", where)


@pytest.fixture
def table(tmp_path) -> Path:
    Write(tmp_path / "table")
    return tmp_path / "table"


def test_every_commit_has_a_checksum_that_adds_up(pixlake, table):
    Delete(pixlake, table, "id = 3")
    pixlake("table", "optimize", table)
    for version in (4, 5):
        checksum = json.loads((Log(table) / f"{version:020}.crc").read_text())
        actions = deltalake.DeltaTable(str(table), version=version).get_add_actions(flatten=True)
        sizes = pa.chunked_array(actions["size_bytes"]).to_pylist()
        assert (checksum["numFiles"], checksum["tableSizeBytes"]) == (len(sizes), sum(sizes))
        assert checksum["metadata"]["id"] == str(deltalake.DeltaTable(str(table)).metadata().id)
    assert pixlake("table", "check", table, "--json").json["checksums"] >= 2


def test_a_wrong_checksum_is_told_and_replaced_and_never_believed(pixlake, table):
    Delete(pixlake, table, "id = 3")
    file = Log(table) / f"{4:020}.crc"
    for wrong in ("{}", file.read_text().replace('"numFiles":4', '"numFiles":5')):
        file.write_text(wrong)
        found = pixlake("table", "check", table, "--json", status=1).json["problems"]
        assert [problem["path"] for problem in found] == [file.name]
        assert OurIds(pixlake, table) == [*range(3), *range(4, 40)]
        pixlake("table", "check", table, "--repair")
        assert json.loads(file.read_text())["numFiles"] == 4
        assert pixlake("table", "check", table, "--json").json["problems"] == []


@pytest.mark.spark
def test_spark_takes_our_checksums_and_we_take_sparks(pixlake, tmp_path, spark):
    path = tmp_path / "table"
    properties = "'delta.enableDeletionVectors'='true'"
    spark.sql(f"CREATE TABLE delta.`{path}` (id BIGINT, name STRING) USING delta TBLPROPERTIES ({properties})")
    for turn in range(2):
        spark.sql(f"INSERT INTO delta.`{path}` SELECT id, 's' FROM range({turn * 100}, {turn * 100 + 100})")
        Delete(pixlake, path, f"id = {turn * 100 + 7}")
        spark.sql(f"DELETE FROM delta.`{path}` WHERE id = {turn * 100 + 8}")
    expected = [i for i in range(200) if i % 100 not in (7, 8)]
    assert sorted(row.id for row in spark.read.format("delta").load(str(path)).collect()) == expected
    found = pixlake("table", "check", path, "--json").json
    assert found["checksums"] == LastVersion(path) + 1
    assert found["problems"] == []


def test_compacted_commits_stand_for_what_they_are_of(pixlake, tmp_path):
    table = tmp_path / "table"
    Write(table, 6)
    Delete(pixlake, table, "id < 15")
    before = Ids(table)
    done = pixlake("table", "compact-log", table, "--json").json
    assert (done["first"], done["last"]) == (0, 6)
    assert pixlake("table", "check", table, "--json").json["problems"] == []
    assert OurIds(pixlake, table) == Ids(table) == before
    # Read, and not only there: nobody could read the commits in between any more.
    for version in range(1, 6):
        (Log(table) / f"{version:020}.json").write_text("no json")
    assert OurIds(pixlake, table) == before


def test_wrong_compacted_commits_are_told_and_deleted(pixlake, table):
    compacted = Path(pixlake("table", "compact-log", table, "--json").json["path"])
    lines = compacted.read_text().splitlines(keepends=True)
    compacted.write_text("".join(line for line in lines if '"add"' not in line))
    assert "compacted.json" in pixlake("table", "check", table, status=1).stdout
    pixlake("table", "check", table, "--repair")
    assert not compacted.exists()
    assert OurIds(pixlake, table) == list(range(40))
    compacted.write_text("no json\n")
    assert OurIds(pixlake, table) == list(range(40))


def V2(table: Path) -> list[Path]:
    return [file for file in Log(table).glob("*.checkpoint.*.parquet") if len(file.name.split(".")) == 4]


def test_v2_checkpoints_have_their_files_in_sidecars(pixlake, table):
    expected = {action["add"]["path"] for action in Actions(table) if "add" in action}
    SetProperties(table, {"delta.checkpointPolicy": "v2"}, ["v2Checkpoint"])
    pixlake("table", "checkpoint", table)
    (top,) = V2(table)
    rows = pq.read_table(top).to_pylist()
    assert [row["checkpointMetadata"]["version"] for row in rows if row["checkpointMetadata"]] == [4]
    sidecars = [Log(table) / "_sidecars" / row["sidecar"]["path"] for row in rows if row["sidecar"]]
    assert [file.stat().st_size for file in sidecars] == [
        row["sidecar"]["sizeInBytes"] for row in rows if row["sidecar"]
    ]
    assert {row["add"]["path"] for file in sidecars for row in pq.read_table(file).to_pylist()} == expected
    for version in range(4):
        (Log(table) / f"{version:020}.json").unlink()
    assert OurIds(pixlake, table) == list(range(40))


@pytest.mark.spark
def test_v2_checkpoints_are_read_and_followed_by_spark(pixlake, tmp_path, spark):
    path = tmp_path / "table"
    properties = "'delta.checkpointPolicy'='v2', 'delta.checkpointInterval'='3'"
    spark.sql(f"CREATE TABLE delta.`{path}` (id BIGINT) USING delta TBLPROPERTIES ({properties})")
    for turn in range(4):
        pixlake("sql", f"INSERT INTO delta.`{path}` VALUES ({turn})")
    assert V2(path), "every third commit has a checkpoint"
    for version in range(3):
        (Log(path) / f"{version:020}.json").unlink()
    spark.sql("CLEAR CACHE")
    assert sorted(row.id for row in spark.read.format("delta").load(str(path)).collect()) == [0, 1, 2, 3]
    spark.sql(f"INSERT INTO delta.`{path}` VALUES (4)")
    assert OurIds(pixlake, path) == [0, 1, 2, 3, 4]


def Age(table: Path, versions: range, days: int) -> None:
    for version in versions:
        for file in Log(table).glob(f"{version:020}.*"):
            when = time.time() - days * DAY + version
            os.utime(file, (when, when))


def test_the_log_is_cleaned_up_and_what_is_left_can_be_travelled_to(pixlake, tmp_path):
    table = tmp_path / "table"
    Write(table, 12)
    deltalake.DeltaTable(str(table)).create_checkpoint()
    Write(table, 4)
    Age(table, range(14), 60)
    Age(table, range(14, 16), 2)
    pixlake("table", "checkpoint", table)
    left = sorted(int(file.stem) for file in Log(table).glob("*[0-9].json"))
    assert left == list(range(11, 16))  # from the newest checkpoint before the retention on
    assert [len(Ids(table, version)) for version in (13, 15)] == [140, 160]
    at = pixlake("sql", f"SELECT count(*) FROM delta_scan('{table}', version := 12)", "--format", "csv").stdout
    assert at.split()[-1] == "130"
    gone = pixlake("sql", f"SELECT 1 FROM delta_scan('{table}', version := 5)", status=None)
    assert gone.status != 0
    assert "cleaned up" in gone.stderr
    assert pixlake("table", "check", table, "--json").json["problems"] == []


def test_clean_up_keeps_to_the_tables_properties(pixlake, tmp_path):
    table = tmp_path / "table"
    Write(table, 12)
    SetProperties(table, {"delta.enableExpiredLogCleanup": "false"})
    deltalake.DeltaTable(str(table)).create_checkpoint()
    Write(table, 2)
    Age(table, range(15), 60)
    pixlake("table", "checkpoint", table)
    assert (Log(table) / f"{0:020}.json").exists()
    SetProperties(table, {"delta.enableExpiredLogCleanup": "true", "delta.logRetentionDuration": "interval 90 days"})
    pixlake("table", "checkpoint", table)
    assert (Log(table) / f"{0:020}.json").exists()
    SetProperties(table, {"delta.logRetentionDuration": "interval 1 days"})
    pixlake("table", "checkpoint", table)
    assert not (Log(table) / f"{0:020}.json").exists()
    assert Ids(table) == OurIds(pixlake, table)


def test_files_that_are_gone_are_named_no_longer_and_the_loss_is_told(pixlake, table):
    lost = Path(deltalake.DeltaTable(str(table)).file_uris()[0])
    ids = pq.read_table(lost)["id"].to_pylist()
    lost.unlink()
    told = pixlake("table", "check", table, status=1).stdout
    assert "with --repair: the log names it no longer" in told
    done = pixlake("table", "check", table, "--repair", "--json", status=3)
    assert (done.json["files_lost"], done.json["rows_lost"]) == (1, 10)
    assert "LOST: 10 rows" in done.stderr
    assert Ids(table) == OurIds(pixlake, table) == [i for i in range(40) if i not in ids]
    assert pixlake("table", "check", table, "--repair", "--json").json["done"] == []


def Lie(table: Path, version: int, change) -> None:
    """Another statistic in a commit's add."""
    file = Log(table) / f"{version:020}.json"
    actions = [json.loads(line) for line in file.read_text().splitlines()]
    for action in actions:
        if "add" in action:
            stats = json.loads(action["add"]["stats"])
            change(stats)
            action["add"]["stats"] = json.dumps(stats)
    file.write_text("".join(json.dumps(action) + "\n" for action in actions))


def test_statistics_that_lie_are_told_and_collected_anew(pixlake, table):
    Lie(table, 2, lambda stats: stats["maxValues"].update(id=21))
    assert "outside the log's minimum and maximum" in pixlake("table", "check", table, status=1).stdout
    pixlake("table", "check", table, "--repair")
    assert pixlake("table", "check", table, "--json").json["problems"] == []
    out = pixlake("sql", f"SELECT count(*) FROM delta_scan('{table}') WHERE id = 29", "--format", "csv").stdout
    assert out.split()[-1] == "1"
    assert Ids(table) == list(range(40))


def test_a_hint_that_leads_nowhere_and_old_leftovers_are_put_right(pixlake, table):
    deltalake.DeltaTable(str(table)).create_checkpoint()
    hint = Log(table) / "_last_checkpoint"
    left, fresh = table / f".part-1.parquet.{uuid4()}.tmp", Log(table) / f".5.json.{uuid4()}.tmp"
    for text in ('{"version": 77}', "{"):
        hint.write_text(text)
        left.write_text("x")
        fresh.write_text("x")
        os.utime(left, (1, 1))
        assert "_last_checkpoint" in pixlake("table", "check", table, status=1).stdout
        assert OurIds(pixlake, table) == list(range(40))
        pixlake("table", "check", table, "--repair")
        assert json.loads(hint.read_text())["version"] == 3
        assert (left.exists(), fresh.exists()) == (False, True)  # a writer may be at work on the other
    assert Ids(table) == list(range(40))


def Stats(table: Path) -> list[dict]:
    """As the last add of each file has them."""
    adds = [action["add"] for action in Actions(table) if "add" in action]
    return list({add["path"]: json.loads(add["stats"]) for add in adds}.values())


def test_statistics_are_collected_for_the_columns_that_are_chosen(pixlake, table):
    for version in range(4):
        Lie(table, version, lambda stats: stats.update(minValues={}, maxValues={}, nullCount={}))
    done = pixlake("table", "analyze", table, "--json").json
    assert (done["files_restated"], done["committed"]) == (4, True)
    assert sorted(stats["maxValues"]["id"] for stats in Stats(table)) == [9, 19, 29, 39]
    assert pixlake("table", "analyze", table, "--json").json["committed"] is False
    actions = deltalake.DeltaTable(str(table)).get_add_actions(flatten=True)
    assert sorted(pa.chunked_array(actions["max.id"]).to_pylist()) == [9, 19, 29, 39]
    pixlake("sql", f"ANALYZE TABLE delta.`{table}` COMPUTE STATISTICS FOR COLUMNS (name)")
    assert all(list(stats["minValues"]) == ["name"] for stats in Stats(table))
    pixlake("sql", f"INSERT INTO delta.`{table}` VALUES (99, 'z')")
    assert [list(stats["minValues"]) for stats in Stats(table)] == [["name"]] * 5
    assert Ids(table) == [*range(40), 99]
    pixlake("table", "analyze", table, "--columns", "nope", status=2)


def FromParquet(table: Path) -> list[int]:
    """The rows by the log's own paths, for logs that deltalake does not follow: it knows no full ones."""
    live = set()
    for action in Actions(table):
        live -= {action["remove"]["path"]} if "remove" in action else set()
        live |= {action["add"]["path"]} if "add" in action else set()
    places = [unquote(urlsplit(path).path) if "://" in path else table / unquote(path) for path in live]
    return sorted(i for place in places for i in pq.read_table(place)["id"].to_pylist())


def Files(folder: Path) -> dict:
    return {file: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.rglob("*")) if file.is_file()}


def test_a_shallow_clone_changes_without_its_source(pixlake, table, tmp_path):
    source, clone = Files(table), tmp_path / "a clone"
    done = pixlake("table", "clone", table, clone, "--version", "2", "--json").json
    assert (done["files"], done["source_version"]) == (3, 2)
    assert OurIds(pixlake, clone) == FromParquet(clone) == list(range(30))
    assert not list(clone.glob("*.parquet"))
    Delete(pixlake, clone, "id < 5")
    assert pixlake("table", "check", clone, "--json").json["problems"] == []
    pixlake("table", "optimize", clone)
    pixlake("table", "vacuum", clone, "--retain-hours", "0", "--allow-short-retention")
    pixlake("table", "vacuum", clone, "--retain-hours", "0", "--allow-short-retention", "--lite")
    assert Files(table) == source
    assert OurIds(pixlake, clone) == FromParquet(clone) == list(range(5, 30))
    assert Ids(table) == list(range(40))
    pixlake("table", "clone", table, clone, status=1)
    again = tmp_path / "again"
    pixlake("sql", f"CREATE TABLE delta.`{again}` SHALLOW CLONE delta.`{table}` VERSION AS OF 1")
    assert FromParquet(again) == list(range(20))


@pytest.mark.spark
def test_spark_reads_a_clone_with_deletion_vectors(pixlake, tmp_path, spark):
    path, clone = tmp_path / "table", tmp_path / "clone"
    properties = "'delta.enableDeletionVectors'='true', 'delta.enableRowTracking'='true'"
    spark.sql(f"CREATE TABLE delta.`{path}` (id BIGINT) USING delta TBLPROPERTIES ({properties})")
    spark.sql(f"INSERT INTO delta.`{path}` SELECT id FROM range(1000)")
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id % 3 = 0")
    pixlake("table", "clone", path, clone)
    Delete(pixlake, clone, "id % 3 = 1")
    expected = list(range(2, 1000, 3))
    assert sorted(row.id for row in spark.read.format("delta").load(str(clone)).collect()) == expected
    assert OurIds(pixlake, clone) == expected
    spark.sql(f"INSERT INTO delta.`{clone}` VALUES (5000)")
    assert OurIds(pixlake, clone) == [*expected, 5000]


@pytest.mark.parametrize("how", ["reorg", "purge"])
def test_a_purge_rewrites_the_files_with_deleted_rows_alone(pixlake, tmp_path, how):
    path = tmp_path / "table"
    for first in (0, 10, 20):
        properties = {"delta.enableDeletionVectors": "true"}
        deltalake.write_deltalake(str(path), Rows(first, 10), mode="append", configuration=properties)
    Delete(pixlake, path, "id IN (3, 25)")
    with_vectors = {action["add"]["path"] for action in Actions(path) if action.get("add", {}).get("deletionVector")}
    assert len(with_vectors) == 2
    if how == "reorg":
        pixlake("sql", f"REORG TABLE delta.`{path}` APPLY (PURGE)")
    else:
        pixlake("table", "optimize", path, "--purge")
    last = [json.loads(line) for line in (Log(path) / f"{LastVersion(path):020}.json").read_text().splitlines()]
    assert {action["remove"]["path"] for action in last if "remove" in action} == with_vectors
    assert not any(action["add"].get("deletionVector") for action in last if "add" in action)
    expected = [i for i in range(30) if i not in (3, 25)]
    assert FromParquet(path) == OurIds(pixlake, path) == expected
    pixlake("table", "vacuum", path, "--retain-hours", "0", "--allow-short-retention")
    assert not list(path.glob("*deletion_vector*"))
    assert sorted(i for file in path.glob("*.parquet") for i in pq.read_table(file)["id"].to_pylist()) == expected
