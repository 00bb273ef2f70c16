"""Changes that are killed or raced: all of it or nothing, and never a lost commit."""

import threading
import time

import deltalake
import pyarrow as pa
import pytest

ROWS = 20000


def Create(path, properties):
    for first in (0, ROWS // 2):
        ids = range(first, first + ROWS // 2)
        rows = pa.table({"id": pa.array(ids, pa.int64()), "n": pa.array([0] * len(ids), pa.int64())})
        deltalake.write_deltalake(str(path), rows, mode="append", configuration=properties)
    return path


def Rows(pixlake, path):
    """(rows, sum of n) as we read it."""
    sql = f"SELECT count(*) AS rows, sum(n)::BIGINT AS total FROM delta_scan('{path}')"
    row = pixlake("sql", sql, "--json").json["rows"][0]
    return int(row["rows"]), int(row["total"])


STATEMENTS = {
    "delete": ("DELETE FROM delta.`{}` WHERE id % 2 = 0", (ROWS // 2, 0)),
    "update": ("UPDATE delta.`{}` SET n = 1 WHERE id % 2 = 0", (ROWS, ROWS // 2)),
    "merge": (
        "MERGE INTO delta.`{}` AS t USING (SELECT range AS id FROM range(10000, 30000)) AS s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, 1)",
        (30000, 20000),
    ),
}


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("vectors", ["false", "true"])
def test_killed_it_is_all_or_nothing(pixlake, tmp_path, statement, vectors):
    properties = {"delta.enableDeletionVectors": vectors, "delta.enableChangeDataFeed": "true"}
    sql, after = STATEMENTS[statement]
    begin = time.monotonic()
    pixlake("sql", sql.format(Create(tmp_path / "whole", properties)))
    whole = time.monotonic() - begin
    outcomes = set()
    for step in range(8):
        path = Create(tmp_path / str(step), properties)
        process = pixlake.Start("sql", sql.format(path))
        time.sleep(whole * (step + 1) / 9)
        process.kill()
        process.communicate(timeout=60)
        found = Rows(pixlake, path)
        outcomes.add(found)
        assert found in ((ROWS, 0), after)
        assert not pixlake("table", "check", path, "--json").json["problems"]
        if found != after:
            pixlake("sql", sql.format(path))
            assert Rows(pixlake, path) == after
    assert (ROWS, 0) in outcomes, "no run was killed early enough to matter"


def test_racing_writers_lose_no_change(pixlake, tmp_path):
    path = Create(tmp_path / "t", {})
    done, appended = [], []

    def Update(writer):
        for turn in range(3):
            sql = f"UPDATE delta.`{path}` SET n = n + 1 WHERE id = {writer * 4000 + turn}"
            outcome = pixlake("sql", sql, "--json", status=None)
            if outcome.status == 0:
                done.append(writer)
            else:
                assert outcome.json["error"]["code"] == "commit_conflict"

    def Append():
        for _ in range(3):
            rows = pa.table({"id": pa.array([-1], pa.int64()), "n": pa.array([0], pa.int64())})
            try:
                deltalake.write_deltalake(str(path), rows, mode="append")
                appended.append(1)
            except deltalake.exceptions.CommitFailedError:
                pass  # its rules are stricter than the protocol asks of an append

    threads = [threading.Thread(target=Update, args=(writer,)) for writer in range(4)]
    threads.append(threading.Thread(target=Append))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done
    assert Rows(pixlake, path) == (ROWS + len(appended), len(done))
    rows = deltalake.DeltaTable(str(path)).to_pyarrow_table()
    assert (rows.num_rows, sum(rows["n"].to_pylist())) == (ROWS + len(appended), len(done))
