"""A lake that `pixlake ingest` wrote, as delta-rs, DuckDB and Spark read it."""

import duckdb
import pytest
from conftest import DataFiles
from ingest_lake import AssertAccountsFor, Files, MakePhotos, Rows, Sha256
from PIL import Image


@pytest.fixture(scope="module")
def corpus_lake(pixlake, corpus, tmp_path_factory):
    lake = tmp_path_factory.mktemp("lake") / "L"
    folders = [corpus / "photos", corpus / "png", corpus / "broken"]
    report = pixlake("ingest", *folders, "--lake", lake, "--json", status=3, timeout=300).json
    return lake, folders, report


def test_the_corpus_is_accounted_for_file_by_file(corpus_lake):
    lake, folders, report = corpus_lake
    files = {uri: content for folder in folders for uri, content in Files(folder).items()}
    assert report["items"] == len(files)
    assert report["images"] + report["binary"] + report["quarantined"] + report["duplicates"] == len(files)
    AssertAccountsFor(lake, files)
    for row in Rows(lake, "raw.quarantine"):
        assert row["message"] and row["verdict"] != "ok", row["source"]


def test_width_and_height_are_pillows(corpus_lake, corpus):
    lake, _, _ = corpus_lake
    rows = {row["id"]: row["metadata"] for row in Rows(lake, "raw.images", ["id", "metadata"])}
    compared = 0
    for path in sorted((corpus / "photos").rglob("*")) + sorted((corpus / "png/PngSuite").rglob("*.png")):
        if path.suffix.lower() not in (".jpg", ".jpeg", ".png", ".tif") or not path.is_file():
            continue
        facts = rows.get(Sha256(path.read_bytes()))
        if facts is None:
            continue
        with Image.open(path) as image:
            assert (facts["width"], facts["height"]) == image.size, path
            assert facts["format"] == ("JPEG" if image.format == "MPO" else image.format), path
        compared += 1
    assert compared > 50


def test_duckdb_reads_the_same_contents(corpus_lake):
    lake, _, _ = corpus_lake
    for table in ("raw/images", "raw/binary", "raw/quarantine"):
        rows = duckdb.execute(
            "SELECT id, content FROM read_parquet(?, hive_partitioning=true)", [DataFiles(lake / table)]
        ).fetchall()
        assert rows
        for content_id, content in rows:
            assert content_id is None or Sha256(content) == content_id


@pytest.mark.spark
def test_spark_reads_the_same_rows(spark, pixlake, tmp_path):
    photos = MakePhotos(tmp_path / "photos", 300, 3000)
    (photos / "bad.jpg").write_bytes(b"nothing")
    pixlake("ingest", photos, "--lake", tmp_path / "lake", status=3)
    frame = spark.read.format("delta").load(str(tmp_path / "lake/raw/images"))
    assert frame.schema["metadata"].dataType.simpleString().startswith("struct<width:int,height:int,channels:int")
    rows = frame.select("id", "content", "date_partition").collect()
    assert len(rows) == 300
    assert all(Sha256(bytes(row.content)) == row.id for row in rows)
    ours = pixlake(
        "sql", "SELECT count(*) n, sum(size) s FROM raw.images", "--lake", tmp_path / "lake", "--format", "csv"
    )
    total = sum(len(bytes(row.content)) for row in rows)
    assert ours.stdout.split() == ["n,s", f"300,{total}"]
    gone = spark.read.format("delta").load(str(tmp_path / "lake/raw/quarantine")).collect()
    assert [row.verdict for row in gone] == ["mislabelled"]


def test_sql_knows_the_tables_by_name(corpus_lake, pixlake):
    lake, _, report = corpus_lake
    out = pixlake(
        "sql", "SELECT count(*) AS n FROM raw.images AS i WHERE i.size > 0", "--lake", lake, "--format", "csv"
    )
    assert out.stdout.split() == ["n", str(report["images"])]
