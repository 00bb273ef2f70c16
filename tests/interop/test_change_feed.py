"""The change data feed, as delta-rs, Spark and we tell it."""

import json

import deltalake
import pyarrow as pa
import pytest

FEED = {"delta.enableChangeDataFeed": "true"}


def Rows(first, count, label="x"):
    ids = list(range(first, first + count))
    return pa.table({"id": pa.array(ids, pa.int64()), "label": pa.array([label] * count)})


def Ours(pixlake, table, *range_):
    """Changes as sorted tuples (id, label, type, version)."""
    arguments = ["--from", range_[0], *(["--to", range_[1]] if len(range_) > 1 else [])]
    rows = pixlake("table", "changes", table, *arguments, "--json").json["rows"]
    return sorted((row["id"], row["label"], row["_change_type"], int(row["_commit_version"])) for row in rows)


def Deltalake(table, first, last=None):
    feed = deltalake.DeltaTable(str(table)).load_cdf(starting_version=first, ending_version=last)
    rows = pa.table(feed.read_all()).to_pylist()
    return sorted((row["id"], row["label"], row["_change_type"], row["_commit_version"]) for row in rows)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "t"
    deltalake.write_deltalake(str(path), Rows(0, 10), configuration=FEED)
    deltalake.write_deltalake(str(path), Rows(10, 5, "y"), mode="append")
    deltalake.DeltaTable(str(path)).update(updates={"label": "'z'"}, predicate="id = 3")
    deltalake.DeltaTable(str(path)).delete("id >= 12")
    return path


def test_we_tell_what_deltalake_tells(pixlake, table):
    for first, last in [(0, None), (1, 2), (2, 2), (3, 3)]:
        expected = Deltalake(table, first, last)
        assert expected
        assert Ours(pixlake, table, *[end for end in (first, last) if end is not None]) == expected


def test_sql_prunes_and_projects(pixlake, table):
    sql = (
        f"SELECT id FROM table_changes('{table}', 0) WHERE _change_type = 'delete' AND _commit_version = 3 ORDER BY id"
    )
    found = pixlake("sql", sql, "--json").json
    assert [int(row["id"]) for row in found["rows"]] == [12, 13, 14]
    assert found["files_skipped"] > 0


def test_times_choose_versions(pixlake, table):
    history = pixlake("table", "history", table, "--json").json["history"]
    times = {entry["version"]: entry["timestamp"] for entry in history}
    assert Ours(pixlake, table, times[2]) == Ours(pixlake, table, 2)
    assert Ours(pixlake, table, times[1], times[2]) == Ours(pixlake, table, 1, 2)


def test_the_feed_must_be_on(pixlake, tmp_path):
    path = tmp_path / "off"
    deltalake.write_deltalake(str(path), Rows(0, 3))
    outcome = pixlake("table", "changes", path, "--from", 0, "--json", status=2)
    assert "delta.enableChangeDataFeed" in outcome.json["error"]["message"]
    outcome = pixlake("table", "changes", path, "--from", 7, "--json", status=1)
    assert "version 7" in outcome.json["error"]["message"]


@pytest.mark.spark
def test_spark_changes_with_deletion_vectors(spark, pixlake, tmp_path):
    path = tmp_path / "t"
    properties = "'delta.enableChangeDataFeed'='true', 'delta.enableDeletionVectors'='true'"
    spark.sql(f"CREATE TABLE delta.`{path}` (id BIGINT, label STRING) USING delta TBLPROPERTIES ({properties})")
    spark.sql(f"INSERT INTO delta.`{path}` SELECT id, 'x' FROM range(100)")
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id % 10 = 0")
    spark.sql(f"UPDATE delta.`{path}` SET label = 'u' WHERE id = 5")
    spark.sql(f"RESTORE TABLE delta.`{path}` TO VERSION AS OF 1")
    spark.sql(f"DELETE FROM delta.`{path}` WHERE id < 50")
    feed = spark.read.option("readChangeFeed", "true").option("startingVersion", 0).format("delta").load(str(path))
    expected = sorted((r.id, r.label, r._change_type, r._commit_version) for r in feed.collect())
    assert Ours(pixlake, path, 0) == expected
    log = [json.loads(line) for line in (path / "_delta_log/00000000000000000004.json").read_text().splitlines()]
    assert any("deletionVector" in line.get("remove", {}) for line in log)
