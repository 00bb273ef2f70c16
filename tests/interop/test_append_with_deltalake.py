"""One table, written by delta-rs and by us."""

import time
from collections import Counter

import deltalake
import pyarrow as pa
import pytest
from conftest import TABLE, TREE, DeltaCount, DeltaRows

SCHEMA = pa.schema([("image_binary", pa.binary()), ("label", pa.string())])


def Rows(*pairs):
    return pa.table({"image_binary": [blob for blob, _ in pairs], "label": [label for _, label in pairs]}, SCHEMA)


@pytest.fixture
def output(mnist_to_delta, mnist_small, tmp_path):
    mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, "--no-tree")
    return tmp_path


def CountBySql(pixlake, table, where="true"):
    outcome = pixlake("sql", f"SELECT count(*) AS n FROM delta_scan('{table}') WHERE {where}", "--format", "csv")
    header, count = outcome.stdout.split()
    assert header == "n"
    return int(count)


def test_we_read_what_deltalake_appended(pixlake, output, mnist_small):
    table = output / TABLE
    deltalake.write_deltalake(str(table), Rows((b"one", "x"), (b"two", "x")), mode="append")
    assert CountBySql(pixlake, table) == len(mnist_small.labels) + 2
    assert CountBySql(pixlake, table, "label = 'x'") == 2
    assert len(pixlake("table", "history", table, "--json").json) >= 1


def test_we_read_null_and_empty_values(pixlake, output):
    table = output / TABLE
    deltalake.write_deltalake(str(table), Rows((None, None), (b"", ""), (b"x", None)), mode="append")
    assert CountBySql(pixlake, table, "label IS NULL") == 2
    assert CountBySql(pixlake, table, "image_binary IS NULL") == 1
    assert CountBySql(pixlake, table, "octet_length(image_binary) = 0") == 1


def test_we_read_after_deltalake_deleted_rows(pixlake, output, mnist_small):
    table = output / TABLE
    deltalake.DeltaTable(str(table)).delete("label = '7'")
    assert CountBySql(pixlake, table, "label = '7'") == 0
    assert CountBySql(pixlake, table) == sum(label != "7" for label in mnist_small.labels)


def test_we_read_after_a_checkpoint_of_deltalake(pixlake, output, mnist_small):
    table = output / TABLE
    for number in range(3):
        deltalake.write_deltalake(str(table), Rows((b"row", str(number))), mode="append")
    deltalake.DeltaTable(str(table)).create_checkpoint()
    deltalake.write_deltalake(str(table), Rows((b"after", "checkpoint")), mode="append")
    assert CountBySql(pixlake, table) == len(mnist_small.labels) + 4
    pixlake("table", "check", table)


def test_a_rerun_after_a_foreign_append_adds_nothing(pixlake, mnist_to_delta, output, mnist_small):
    table = output / TABLE
    deltalake.write_deltalake(str(table), Rows((b"one", "x")), mode="append")
    mnist_to_delta("--source", mnist_small.folder, "--out", output, "--no-tree")
    assert DeltaCount(table) == len(mnist_small.labels) + 1


def test_a_table_with_rows_of_others_is_left_alone(mnist_to_delta, mnist_small, tmp_path):
    # MNIST's table has MNIST's rows and no others, so it does not mix them.
    table = tmp_path / TABLE
    table.parent.mkdir(parents=True)
    deltalake.write_deltalake(str(table), Rows((b"first", "theirs")))
    outcome = mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, "--no-tree", status=1)
    assert TABLE in outcome.stderr
    assert DeltaRows(table) == Counter([("theirs", b"first")])


def test_we_append_to_an_empty_table_that_deltalake_made(mnist_to_delta, mnist_small, tmp_path):
    table = tmp_path / TABLE
    table.parent.mkdir(parents=True)
    deltalake.DeltaTable.create(str(table), SCHEMA)
    mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, "--no-tree")
    assert DeltaCount(table) == len(mnist_small.labels)


def test_deltalake_can_optimize_and_vacuum_our_table(pixlake, output, mnist_small):
    table = output / TABLE
    before = DeltaRows(table)
    handle = deltalake.DeltaTable(str(table))
    deltalake.write_deltalake(str(table), Rows((b"x", "x")), mode="append")
    handle = deltalake.DeltaTable(str(table))
    handle.optimize.compact()
    handle.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert DeltaRows(table) == before + Counter([("x", b"x")])
    assert CountBySql(pixlake, table) == len(mnist_small.labels) + 1


@pytest.mark.full
def test_both_append_at_the_same_moment(mnist_to_delta, mnist_large, tmp_path):
    table = tmp_path / TABLE
    table.parent.mkdir(parents=True)
    deltalake.DeltaTable.create(str(table), SCHEMA)
    process = mnist_to_delta.Start("--source", mnist_large.folder, "--out", tmp_path)
    # The tree comes after it has looked whether the table is empty.
    while not (tmp_path / TREE).exists():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.001)
    written = 0
    while process.poll() is None:
        deltalake.write_deltalake(str(table), Rows((b"next", "theirs")), mode="append")
        written += 1
    assert process.returncode == 0, process.communicate()[1]
    assert written > 0
    rows = DeltaRows(table)
    assert rows["theirs", b"next"] == written
    assert rows.total() == written + len(mnist_large.labels)
