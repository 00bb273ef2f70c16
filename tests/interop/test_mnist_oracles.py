"""What mnist-to-delta writes, as others read it: Pillow, delta-rs, DuckDB, Spark."""

from collections import Counter

import duckdb
import numpy as np
import pyarrow.parquet as pq
import pytest
from conftest import TABLE, DataFiles, DeltaCount, DeltaRows, LoadMnist, PngFiles
from PIL import Image


def PngPixels(out) -> Counter:
    found = Counter()
    for label, path in PngFiles(out):
        with Image.open(path) as image:
            assert (image.format, image.mode, image.size) == ("PNG", "L", (28, 28)), path
            found[label, image.tobytes()] += 1
    return found


def PngBytes(out) -> Counter:
    return Counter((label, path.read_bytes()) for label, path in PngFiles(out))


def test_every_png_has_the_pixels_of_the_idx_file(small_output, mnist_small):
    assert PngPixels(small_output) == mnist_small.Pixels()


def test_the_tree_has_png_files_only(small_output, mnist_small):
    files = PngFiles(small_output)
    assert {path.suffix for _, path in files} == {".png"}
    assert {label for label, _ in files} == set(mnist_small.labels)


def test_deltalake_reads_the_rows_as_the_png_files(small_output):
    assert DeltaRows(small_output / TABLE) == PngBytes(small_output)


def test_deltalake_finds_exactly_the_two_columns(small_output):
    import deltalake

    table = deltalake.DeltaTable(str(small_output / TABLE))
    fields = [(field.name, field.type.type) for field in table.schema().fields]
    assert fields == [("image_binary", "binary"), ("label", "string")]
    assert table.protocol().min_reader_version <= 3


def test_duckdb_reads_the_same_rows_from_the_listed_files(small_output):
    rows = duckdb.execute(
        "SELECT label, image_binary FROM read_parquet(?)", [DataFiles(small_output / TABLE)]
    ).fetchall()
    assert Counter(rows) == PngBytes(small_output)


def test_the_data_files_are_image_safe(small_output):
    # Design section 6: blobs plain, uncompressed, without statistics, page index there.
    for uri in DataFiles(small_output / TABLE):
        group = pq.ParquetFile(uri).metadata.row_group(0)
        column = next(
            group.column(index)
            for index in range(group.num_columns)
            if group.column(index).path_in_schema == "image_binary"
        )
        assert column.compression == "UNCOMPRESSED"
        assert not column.has_dictionary_page
        assert column.statistics is None or not column.statistics.has_min_max
        assert column.has_offset_index


def test_the_log_has_no_statistics_of_the_blobs(small_output):
    import deltalake

    actions = deltalake.DeltaTable(str(small_output / TABLE)).get_add_actions(flatten=True)
    names = actions.schema.names if hasattr(actions, "schema") else actions.column_names
    assert not [name for name in names if name.startswith(("min.image", "max.image"))]
    assert "num_records" in names


@pytest.mark.spark
def test_spark_reads_the_schema_and_the_rows(spark, small_output):
    frame = spark.read.format("delta").load(str(small_output / TABLE))
    assert frame.schema.simpleString() == "struct<image_binary:binary,label:string>"
    rows = Counter((row.label, bytes(row.image_binary)) for row in frame.collect())
    assert rows == PngBytes(small_output)


@pytest.mark.spark
def test_spark_travels_in_time_and_shows_the_history(spark, small_output):
    from delta.tables import DeltaTable

    history = DeltaTable.forPath(spark, str(small_output / TABLE)).history().collect()
    assert history
    assert all(row.operation for row in history)
    last = max(row.version for row in history)
    frame = spark.read.format("delta").option("versionAsOf", last).load(str(small_output / TABLE))
    assert frame.count() == len(PngFiles(small_output))


@pytest.mark.spark
def test_spark_enforces_the_schema_and_appends(spark, mnist_to_delta, pixlake, mnist_small, tmp_path):
    mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, "--no-tree")
    table = str(tmp_path / TABLE)
    with pytest.raises(Exception, match="(?i)schema"):
        spark.createDataFrame([(1,)], "other int").write.format("delta").mode("append").save(table)
    row = spark.createDataFrame([(bytearray(b"spark"), "s")], "image_binary binary, label string")
    row.write.format("delta").mode("append").save(table)
    found = pixlake("sql", f"SELECT count(*) AS n FROM delta_scan('{table}') WHERE label = 's'", "--format", "csv")
    assert found.stdout.split() == ["n", "1"]


def test_all_of_mnist(mnist_to_delta, corpus_mnist, tmp_path):
    mnist_to_delta("--source", corpus_mnist, "--out", tmp_path, timeout=300)
    mnist = LoadMnist(corpus_mnist)
    assert len(mnist.labels) == 70000
    assert PngPixels(tmp_path) == mnist.Pixels()
    assert DeltaCount(tmp_path / TABLE) == 70000
    assert DeltaRows(tmp_path / TABLE) == PngBytes(tmp_path)


@pytest.mark.spark
def test_spark_counts_all_of_mnist(spark, mnist_to_delta, corpus_mnist, tmp_path):
    mnist_to_delta("--source", corpus_mnist, "--out", tmp_path, "--no-tree", timeout=300)
    rows = spark.read.format("delta").load(str(tmp_path / TABLE)).groupBy("label").count().collect()
    values, counts = np.unique(LoadMnist(corpus_mnist).labels, return_counts=True)
    assert {row.label: row["count"] for row in rows} == dict(zip(values.tolist(), counts.tolist()))
