"""Logs and folders that invite a repair, a clean-up or a statistic to do harm: judged by deltalake."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import deltalake
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import BIN
from test_log_care import Ids, LastVersion, Log, OurIds, Write

DAY = 86_400


def Commit(table, *actions) -> None:
    version = LastVersion(table) + 1 if any(Log(table).glob("*.json")) else 0
    lines = [json.dumps(action) for action in ({"commitInfo": {"operation": "TEST"}}, *actions)]
    (Log(table) / f"{version:020}.json").write_text("\n".join(lines) + "\n")


def Age(table, days: int) -> None:
    for file in Log(table).iterdir():
        moment = time.time() - days * DAY
        os.utime(file, (moment, moment))


def SetProperties(table, properties: dict, protocol: dict | None = None) -> None:
    metadata = None
    for version in range(LastVersion(table) + 1):
        for line in (Log(table) / f"{version:020}.json").read_text().splitlines():
            metadata = json.loads(line).get("metaData", metadata)
    metadata["configuration"] |= properties
    Commit(table, *([{"protocol": protocol}] if protocol else []), {"metaData": metadata})


def test_a_repair_does_not_bring_back_what_was_deleted_during_the_check(pixlake, tmp_path):
    table = tmp_path / "table"
    Write(table, 1)
    # Wrong statistics invite a repair; a pipe for a data file holds the check until it is opened.
    first = Log(table) / f"{0:020}.json"
    actions = [json.loads(line) for line in first.read_text().splitlines()]
    for action in actions:
        if "add" in action:
            stats = json.loads(action["add"]["stats"])
            action["add"]["stats"] = json.dumps(stats | {"maxValues": stats["maxValues"] | {"id": 4}})
    first.write_text("".join(json.dumps(action) + "\n" for action in actions))
    pipe = table / "pipe.parquet"
    os.mkfifo(pipe)
    stats = {"numRecords": 5, "minValues": {"id": 1000}, "maxValues": {"id": 2000}, "nullCount": {"id": 0}}
    add = {"path": pipe.name, "partitionValues": {}, "size": 100, "modificationTime": 1, "dataChange": True}
    Commit(table, {"add": add | {"stats": json.dumps(stats)}})
    check = subprocess.Popen([BIN / "pixlake", "table", "check", table, "--repair"], stdout=subprocess.DEVNULL)
    time.sleep(1)
    assert check.poll() is None, "it did not wait for the pipe"
    deltalake.DeltaTable(str(table)).delete("id = 1")
    while check.poll() is None:
        try:
            os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            time.sleep(0.05)
    pipe.unlink()
    Commit(table, {"remove": {"path": pipe.name, "deletionTimestamp": 1, "dataChange": True}})
    assert OurIds(pixlake, table) == Ids(table) == [i for i in range(10) if i != 1]


def test_a_clones_files_are_not_given_up_while_its_source_is_not_mounted(pixlake, tmp_path):
    source, clone = tmp_path / "source", tmp_path / "clone"
    Write(source, 2)
    pixlake("table", "clone", source, clone)
    shutil.move(source, tmp_path / "unmounted")
    pixlake("table", "check", clone, "--repair", status=None)
    shutil.move(tmp_path / "unmounted", source)
    assert LastVersion(clone) == 0
    assert OurIds(pixlake, clone) == list(range(20))


def test_a_compacted_commit_that_was_cut_short_is_not_believed(pixlake, tmp_path):
    table = tmp_path / "table"
    Write(table, 1)
    for first in range(10, 60, 10):
        pixlake("sql", f"INSERT INTO delta.`{table}` SELECT range + {first}, 'n' FROM range(10)")
    expected = Ids(table)
    compacted = Path(pixlake("table", "compact-log", table, "--from", "2", "--json").json["path"])
    lines = compacted.read_text().splitlines(keepends=True)
    for kept in (0, 1, len(lines) - 1):
        compacted.write_text("".join(lines[:kept]))
        assert OurIds(pixlake, table) == expected, kept


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("delta.enableExpiredLogCleanup", "False"),
        ("delta.logRetentionDuration", "interval 5 years"),
        ("delta.logRetentionDuration", "interval 365 days 0.5 seconds"),
        ("delta.logRetentionDuration", "interval 100000000000000 days"),
    ],
)
def test_a_log_is_kept_by_a_property_that_is_not_understood(pixlake, tmp_path, key, value):
    table = tmp_path / "table"
    Write(table, 3)
    SetProperties(table, {key: value})
    pixlake("table", "checkpoint", table)
    Age(table, 100)
    pixlake("sql", f"INSERT INTO delta.`{table}` SELECT range + 100, 'n' FROM range(3)")
    pixlake("table", "checkpoint", table)
    assert (Log(table) / f"{0:020}.json").exists()


@pytest.mark.parametrize("command", [["checkpoint"], ["compact-log"], ["check", "--repair"]], ids=" ".join)
def test_an_unknown_writer_feature_is_refused_before_the_log_is_touched(pixlake, tmp_path, command):
    table = tmp_path / "table"
    Write(table, 3)
    protocol = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["appendOnly", "futureFeature"]}
    SetProperties(table, {}, protocol)
    (Log(table) / f"{0:020}.crc").write_text("{}")
    before = {file.name: file.read_bytes() for file in Log(table).iterdir()}
    done = pixlake("table", command[0], table, *command[1:], status=None)
    assert done.status != 0
    assert "futureFeature" in done.stderr
    assert {file.name: file.read_bytes() for file in Log(table).iterdir()} == before


def test_deeply_nested_json_in_the_log_is_no_crash(pixlake, tmp_path):
    table = tmp_path / "table"
    Write(table, 2)
    deep = "[" * 200_000 + "]" * 200_000
    (Log(table) / f"{1:020}.crc").write_text('{"tableSizeBytes":1,"numFiles":1,"metadata":' + deep + "}")
    assert ".crc" in pixlake("table", "check", table, status=1).stdout
    first = Log(table) / f"{0:020}.json"
    actions = [json.loads(line) for line in first.read_text().splitlines()]
    for action in actions:
        if "add" in action:
            action["add"]["stats"] = '{"numRecords":10,"minValues":' + '{"a":' * 50_000 + "1" + "}" * 50_000 + "}"
    first.write_text("".join(json.dumps(action) + "\n" for action in actions))
    pixlake("table", "analyze", table)
    assert OurIds(pixlake, table) == list(range(20))


def test_columns_known_by_id_get_their_own_statistics(pixlake, tmp_path):
    """As after a rename elsewhere: the file calls x `y` and y `x`."""
    table = tmp_path / "table"
    Log(table).mkdir(parents=True)
    fields = [pa.field(name, pa.int64(), metadata={"PARQUET:field_id": str(i)}) for i, name in ((1, "y"), (2, "x"))]
    pq.write_table(pa.table([[1, 2, 3], [100, 200, 300]], schema=pa.schema(fields)), table / "a.parquet")

    def Field(name, number):
        mapping = {"delta.columnMapping.id": number, "delta.columnMapping.physicalName": name}
        return {"name": name, "type": "long", "nullable": True, "metadata": mapping}

    metadata = {
        "id": "8e6e5c3a-0000-4000-8000-000000000000",
        "format": {"provider": "parquet", "options": {}},
        "schemaString": json.dumps({"type": "struct", "fields": [Field("x", 1), Field("y", 2)]}),
        "partitionColumns": [],
        "configuration": {"delta.columnMapping.mode": "id", "delta.columnMapping.maxColumnId": "2"},
    }
    size = (table / "a.parquet").stat().st_size
    add = {"path": "a.parquet", "partitionValues": {}, "size": size, "modificationTime": 1, "dataChange": True}
    Commit(table, {"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}, {"metaData": metadata}, {"add": add})
    pixlake("table", "analyze", table)
    assert pixlake("table", "check", table, "--json").json["problems"] == []
    last = (Log(table) / f"{LastVersion(table):020}.json").read_text().splitlines()
    stats = next(json.loads(json.loads(line)["add"]["stats"]) for line in last if '"add"' in line)
    assert (stats["minValues"], stats["maxValues"]) == ({"x": 1, "y": 100}, {"x": 3, "y": 300})
    for condition in ("x = 2", "y = 200"):
        out = pixlake("sql", f"SELECT count(*) FROM delta_scan('{table}') WHERE {condition}", "--format", "csv").stdout
        assert out.split()[-1] == "1", condition
