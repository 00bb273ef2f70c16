"""The tables that `pixlake run` makes, as Spark and delta-rs read them."""

import json

import deltalake
import numpy as np
from conftest import CORPUS
from ingest_lake import Rows
from PIL import Image

TABLES = {
    "raw": ["images", "metadata", "binary", "sources", "quarantine"],
    "processed": ["features", "sidecars", "validated", "enriched", "run_steps", "check_results"],
    "curated": ["analytics", "ml_ready", "reporting"],
}


def Plain(value):
    """Numbers, texts and times of both readers as one."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if hasattr(value, "asDict"):
        return {key: Plain(one) for key, one in value.asDict().items()}
    if isinstance(value, dict):
        return {key: Plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [Plain(one) for one in value]
    if hasattr(value, "timestamp"):
        return round(value.timestamp() * 1_000_000)
    return value


def Sorted(rows):
    return sorted(json.dumps(Plain(row), sort_keys=True) for row in rows)


def test_each_table_is_read_alike_by_spark_and_delta_rs(pixlake, spark, tmp_path):
    source, lake = tmp_path / "in", tmp_path / "lake"
    source.mkdir()
    for seed in range(6):
        pixels = np.random.default_rng(seed).integers(0, 256, (30, 40, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(source / f"{seed}.png")
    (source / "0.json").write_text('{"title": "first"}')
    (source / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    pixlake("init", lake)
    given = [source]
    if CORPUS.exists():
        given += [CORPUS / "photos", CORPUS / "exif", CORPUS / "broken"]
    checks = [
        {"kind": "blur", "min_sharpness": 100},
        {"kind": "sql", "condition": "filename <> '2.png'", "severity": "quarantine"},
        {"kind": "unique", "column": "label"},
        {"kind": "volume", "min_share": 0.5},
        {"kind": "freshness", "table": "processed.enriched", "column": "taken_at", "max_age": "1d"},
    ]
    (lake / "config" / "settings.yaml").write_text(json.dumps({"checks": checks}))
    pixlake("run", "--lake", lake, *given, status=3)
    # One that goes and one that comes: what is read afterwards is what changed.
    pixlake("sql", "DELETE FROM raw.images WHERE filename = '1.png'", "--lake", lake)
    Image.new("RGB", (50, 40), (1, 2, 3)).save(source / "new.png")
    pixlake("run", "--lake", lake, source, status=None)
    for zone, names in TABLES.items():
        for name in names:
            place = lake / zone / name
            of_spark = Sorted(row.asDict() for row in spark.read.format("delta").load(str(place)).collect())
            assert of_spark == Sorted(Rows(lake, f"{zone}.{name}")), f"{zone}.{name}"
            assert deltalake.DeltaTable(str(place)).metadata().partition_columns == ["date_partition"]
            assert of_spark, f"{zone}.{name}"
    # What was changed, as Spark reads it of a table that steps made.
    feed = (
        spark.read.format("delta")
        .option("readChangeFeed", "true")
        .option("startingVersion", 2)
        .load(str(lake / "processed" / "enriched"))
    )
    changes = sorted((row["_change_type"], row["filename"]) for row in feed.collect())
    assert ("insert", "new.png") in changes
    assert ("delete", "1.png") in changes


def test_rows_that_a_vector_marks_are_in_the_feed_of_spark(pixlake, spark, tmp_path):
    table = tmp_path / "t"
    properties = "'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true'"
    pixlake("sql", f"CREATE TABLE delta.`{table}` (id BIGINT, content BINARY) TBLPROPERTIES ({properties})")
    pixlake("sql", f"INSERT INTO delta.`{table}` SELECT i, 'abc'::BLOB FROM range(10) AS r(i)")
    pixlake("sql", f"DELETE FROM delta.`{table}` WHERE id IN (3, 5)")
    assert not (table / "_change_data").exists()
    feed = spark.read.format("delta").option("readChangeFeed", "true").option("startingVersion", 2).load(str(table))
    assert sorted((row["_change_type"], row["id"]) for row in feed.collect()) == [("delete", 3), ("delete", 5)]
