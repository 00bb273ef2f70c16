"""`pixlake stats`: what a lake holds and what its runs and queries took, also as Prometheus reads it."""

import json

import pytest
from deltalake import DeltaTable
from ingest_lake import Rows
from prometheus_client.parser import text_string_to_metric_families
from test_run import Picture
from test_run_settings import Lake


@pytest.fixture
def lake(pixlake, tmp_path):
    for i in range(5):
        Picture(tmp_path / "in" / f"{i}.png", i)
    (tmp_path / "in" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    pixlake("init", tmp_path / "lake")
    pixlake("run", "--lake", tmp_path / "lake", tmp_path / "in", status=3)
    return tmp_path / "lake"


def Samples(text):
    """By name and labels, without the lake's."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            labels = dict(sample.labels)
            assert labels.pop("lake")
            found[sample.name, tuple(sorted(labels.items()))] = sample.value
    return found


def test_tables_are_told_as_delta_rs_sees_them(pixlake, lake):
    stats = pixlake("stats", "--lake", lake, "--json").json
    for one in stats["tables"]:
        zone, name = one["table"].split(".")
        table = DeltaTable(lake / zone / name)
        assert one["version"] == table.version(), one
        assert one["rows"] == table.to_pyarrow_table().num_rows, one
        actions = table.get_add_actions(flatten=True)
        sizes = [size.as_py() for size in actions["size_bytes"]]
        assert (one["files"], one["bytes"]) == (len(sizes), sum(sizes)), one
    assert len(stats["tables"]) == 5 + 8
    assert sum(stats["verdicts"].values()) == 1
    assert stats["steps"]["ingest"]["rows_out"] == 5
    assert stats["steps"]["features"]["latency"]["count"] == 1


def test_a_run_is_rows_and_one_without_news_is_none(pixlake, lake, tmp_path):
    rows = Rows(lake, "processed.run_steps")
    assert [row["step"] for row in sorted(rows, key=lambda row: row["position"])][:3] == [
        "ingest",
        "features",
        "sidecars",
    ]
    assert all(row["memory_peak"] > 0 for row in rows)
    pixlake("run", "--lake", lake, tmp_path / "in")
    assert len(Rows(lake, "processed.run_steps")) == len(rows)
    Picture(tmp_path / "in" / "new.png", 100)
    pixlake("run", "--lake", lake, tmp_path / "in")
    assert len({row["run_id"] for row in Rows(lake, "processed.run_steps")}) == 2
    assert pixlake("stats", "--lake", lake, "--json").json["runs"] == 2


def test_what_vacuum_would_free_is_what_it_frees(pixlake, lake):
    pixlake(
        "sql",
        "ALTER TABLE raw.images SET TBLPROPERTIES ('delta.deletedFileRetentionDuration' = '0 seconds')",
        "--lake",
        lake,
    )
    pixlake("sql", "DELETE FROM raw.images WHERE id > '8'", "--lake", lake)
    (told,) = (
        one["reclaimable_bytes"]
        for one in pixlake("stats", "--lake", lake, "--json").json["tables"]
        if one["table"] == "raw.images"
    )
    assert told > 0
    freed = pixlake("table", "vacuum", "raw.images", "--lake", lake, "--json").json["bytes_deleted"]
    assert told == freed


def test_prometheus_reads_it(pixlake, lake, tmp_path):
    pixlake("sql", "SELECT count(*) FROM raw.images", "--lake", lake)
    pixlake("sql", "/* a */ select id FROM raw.images WHERE id = 'none'", "--lake", lake)
    pixlake("sql", "SELECT nothing FROM raw.images", "--lake", lake, status=2)
    stats = pixlake("stats", "--lake", lake, "--json").json
    found = Samples(pixlake("stats", "--lake", lake, "--prometheus").stdout)
    for one in stats["tables"]:
        labels = (("table", one["table"]), ("zone", one["zone"]))
        assert found["pixlake_table_bytes", labels] == one["bytes"]
        assert found["pixlake_table_rows", labels] == one["rows"]
    assert found["pixlake_recent_query_seconds_count", (("kind", "SELECT"),)] == 3
    assert found["pixlake_recent_query_failures", (("kind", "SELECT"),)] == 1
    assert found["pixlake_step_seconds_bucket", (("le", "+Inf"), ("step", "ingest"))] == 1
    assert found["pixlake_step_rows_out_total", (("step", "ingest"),)] == 5
    # Which query it was is told to nobody.
    kept = (lake / "_pixlake" / "queries" / "queries.log").read_text()
    assert "none" not in kept
    assert [json.loads(line)["kind"] for line in kept.splitlines()] == ["SELECT"] * 3


def test_each_run_writes_the_file_that_the_settings_name(pixlake, tmp_path):
    Picture(tmp_path / "in" / "a.png", 1)
    file = Lake(pixlake, tmp_path, {"metrics": {"file": 'metrics/"odd"\\name.prom'}})
    pixlake("run", "--config", file)
    written = tmp_path / "lake" / "metrics" / '"odd"\\name.prom'
    assert Samples(written.read_text())["pixlake_runs_total", ()] == 1
    pixlake("table", "optimize", "raw.images", "--lake", tmp_path / "lake")
    written.unlink()
    pixlake("maintain", "--config", file)
    assert written.exists()


def test_a_table_that_cannot_be_read_is_told(pixlake, lake):
    log = lake / "processed" / "features" / "_delta_log"
    max(log.glob("*.json")).with_name(f"{9:020d}.json").write_text("no json\n")
    (lake / "_pixlake" / "queries").mkdir(exist_ok=True)
    (lake / "_pixlake" / "queries" / "queries.log").write_text('{"kind": 5}\nnothing\n{"kind": "SELECT", "at": 1}\n')
    stats = pixlake("stats", "--lake", lake, "--json").json
    broken = {one["table"]: one.get("problem") for one in stats["tables"]}
    assert broken["processed.features"]
    assert broken["raw.images"] is None
    found = Samples(pixlake("stats", "--lake", lake, "--prometheus").stdout)
    assert found["pixlake_table_broken", (("table", "processed.features"), ("zone", "processed"))] == 1
    assert stats["queries"]["SELECT"]["latency"]["count"] == 1


def test_a_run_that_a_check_ends_is_told_too(pixlake, tmp_path):
    Picture(tmp_path / "in" / "a.png", 1)
    check = {"kind": "volume", "name": "many", "table": "processed.enriched", "min_rows": 2, "severity": "stop"}
    file = Lake(pixlake, tmp_path, {"checks": [check], "metrics": {"file": "m.prom"}})
    pixlake("run", "--config", file, status=1)
    rows = Rows(tmp_path / "lake", "processed.run_steps")
    assert {"ingest", "features", "enriched"} <= {row["step"] for row in rows} and "ml_ready" not in {
        row["step"] for row in rows
    }
    (result,) = Rows(tmp_path / "lake", "processed.check_results")
    assert {row["run_id"] for row in rows} == {result["run_id"]}
    assert Samples((tmp_path / "lake" / "m.prom").read_text())["pixlake_runs_total", ()] == 1
