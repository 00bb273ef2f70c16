"""Spark and delta-rs commit between our reading of a table and our commit: what the protocol's
conflict rules let stand stands, the rest is refused, and nobody's commit is lost."""

import signal
import subprocess
import time
from pathlib import Path

import deltalake
import pyarrow as pa
import pytest
from conftest import BIN, DuckDbWithDelta, Environment

# By partition the ids of each file.
FILES = [("p", range(50)), ("p", range(50, 100)), ("q", range(100, 150)), ("q", range(150, 200))]
EVERY = frozenset(range(200))


@pytest.fixture(scope="module")
def preload(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("preload") / "stop_at_commit.so"
    source = Path(__file__).with_name("stop_at_commit.c")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def Table(ids, part):
    return pa.table({"id": pa.array(ids, pa.int64()), "part": [part] * len(ids)})


def Create(path, vectors):
    for part, ids in FILES:
        properties = {"delta.enableDeletionVectors": vectors}
        deltalake.write_deltalake(
            str(path), Table(ids, part), mode="append", partition_by=["part"], configuration=properties
        )


def Append(ids, part):
    values = ", ".join(f"({i}, '{part}')" for i in ids)
    return f"INSERT INTO delta.`{{}}` VALUES {values}"


DELETE_P = "DELETE FROM delta.`{}` WHERE part = 'p' AND id % 2 = 0"
MERGE_P = (
    "MERGE INTO delta.`{}` AS t USING (SELECT 3 AS id UNION ALL SELECT 900) AS s ON t.id = s.id AND t.part = 'p' "
    "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, part) VALUES (s.id, 'p')"
)
UPDATE_P = "UPDATE delta.`{}` SET id = id + 1000 WHERE part = 'p' AND id < 10"
# A statement, and what it does to the ids.
OURS = {
    "append": (Append([500, 501], "p"), lambda rows: rows | {500, 501}),
    "delete": (DELETE_P, lambda rows: {i for i in rows if i >= 100 or i % 2}),
    "update": (UPDATE_P, lambda rows: {i + 1000 if i < 10 else i for i in rows}),
    "merge": (MERGE_P, lambda rows: (rows ^ {3}) | {900}),
    "optimize": ("OPTIMIZE delta.`{}`", lambda rows: rows),
    "zorder": ("OPTIMIZE delta.`{}` ZORDER BY (id)", lambda rows: rows),
}
THEIRS = {
    "append": (
        Append([600], "q"),
        lambda path: deltalake.write_deltalake(path, Table([600], "q"), mode="append"),
        lambda rows: rows | {600},
    ),
    "delete elsewhere": (
        "DELETE FROM delta.`{}` WHERE part = 'q' AND id < 150",
        lambda path: deltalake.DeltaTable(path).delete("part = 'q' AND id < 150"),
        lambda rows: {i for i in rows if not 100 <= i < 150},
    ),
    "delete the same rows' file": (
        "DELETE FROM delta.`{}` WHERE part = 'p' AND id < 50",
        lambda path: deltalake.DeltaTable(path).delete("part = 'p' AND id < 50"),
        lambda rows: {i for i in rows if i >= 50},
    ),
    "new metadata": (
        "ALTER TABLE delta.`{}` SET TBLPROPERTIES ('x.y' = 'z')",
        lambda path: deltalake.DeltaTable(path).alter.set_table_properties({"x.y": "z"}, raise_if_not_exists=False),
        lambda rows: rows,
    ),
}
# Ours that do not survive theirs, by the conflict rules: the rows that were read are other ones,
# or the table is. A MERGE has read every file.
LOSES = {
    (ours, theirs)
    for ours in ("delete", "update", "merge")
    for theirs in ("delete the same rows' file", "new metadata")
} | {("merge", "delete elsewhere")}
# delta-rs does not say that an append read nothing.
LOSES_TO_DELTA_RS = LOSES | {("merge", "append")}


def WaitUntilStopped(process):
    for _ in range(1200):
        if process.poll() is not None:
            pytest.fail(f"it ended before it committed: {process.stderr.read()}")
        if Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.05)
    pytest.fail("it never came to its commit")


def Between(preload, sql, path, theirs):
    """Our statement, with theirs run just before our commit; its exit status and what it said."""
    environment = Environment({"LD_PRELOAD": str(preload)})
    command = [BIN / "pixlake", "sql", sql.format(path), "--quiet"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as ours:
        try:
            WaitUntilStopped(ours)
            theirs()
        finally:
            ours.send_signal(signal.SIGCONT)
        _, said = ours.communicate(timeout=120)
    return ours.returncode, said


def ByDuckdb(path) -> list[int]:
    return [row[0] for row in DuckDbWithDelta().execute(f"SELECT id FROM delta_scan('{path}') ORDER BY id").fetchall()]


def Check(pixlake, preload, tmp_path, ours, theirs, run, vectors, loses):
    path = tmp_path / "t"
    Create(path, vectors)
    sql, our_change = OURS[ours]
    their_change = THEIRS[theirs][2]
    status, said = Between(preload, sql, path, lambda: run(str(path)))
    lost = (ours, theirs) in loses
    assert (status != 0) == lost, said
    if lost:
        assert "nothing was committed, run again" in said, said
    wanted = their_change(EVERY) if lost else our_change(their_change(EVERY))
    assert ByDuckdb(path) == sorted(wanted)
    rows = pixlake("sql", f"SELECT id FROM delta.`{path}` ORDER BY id", "--json").json["rows"]
    assert [row["id"] for row in rows] == sorted(wanted)
    assert pixlake("table", "check", path, "--json").json["status"] == "ok"
    # Again, with nobody in between, it is done.
    if lost:
        pixlake("sql", sql.format(path))
        assert ByDuckdb(path) == sorted(our_change(their_change(EVERY)))


@pytest.mark.parametrize("theirs", THEIRS)
@pytest.mark.parametrize("ours", OURS)
def test_delta_rs_commits_before_us(pixlake, preload, tmp_path, ours, theirs):
    Check(pixlake, preload, tmp_path, ours, theirs, THEIRS[theirs][1], "false", LOSES_TO_DELTA_RS)


@pytest.mark.spark
@pytest.mark.full
@pytest.mark.matrix
@pytest.mark.parametrize("vectors", ["false", "true"])
@pytest.mark.parametrize("theirs", THEIRS)
@pytest.mark.parametrize("ours", OURS)
def test_spark_commits_before_us(pixlake, preload, spark, tmp_path, ours, theirs, vectors):
    sql = THEIRS[theirs][0]
    Check(pixlake, preload, tmp_path, ours, theirs, lambda path: spark.sql(sql.format(path)), vectors, LOSES)
