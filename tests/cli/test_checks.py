"""Checks of tables, what checks put in quarantine, and processed.check_results."""

from datetime import UTC, datetime, timedelta

import pytest
from ingest_lake import Rows
from test_run import Picture, Same, Steps
from test_run_settings import Lake, pictures  # noqa: F401

DARK = {"kind": "darkness", "min_brightness": 20, "severity": "quarantine"}


def Results(lake):
    return sorted(Rows(lake, "processed.check_results"), key=lambda row: (row["run_at"], row["check_name"]))


def Latest(lake):
    return {row["check_name"]: row for row in Results(lake)}


def Quarantined(pixlake, lake):
    listed = pixlake("quarantine", "list", "--verdict", "check", "--lake", lake, "--json").json["rows"]
    return {(row["id"], row["verdict"]) for row in listed}


def test_each_check_is_a_row_and_a_run_without_news_adds_none(pixlake, tmp_path, pictures):  # noqa: F811
    checks = [
        {"kind": "blur", "min_sharpness": 100},
        {"kind": "unique", "column": "filename"},
        {"kind": "unique", "name": "labels", "column": "label", "table": "processed.enriched"},
        {"kind": "freshness", "column": "ingestion_time", "max_age": "1d"},
        {"kind": "volume", "min_rows": 3, "max_share": 1.5},
        {"kind": "sql", "name": "wide", "table": "curated.ml_ready", "condition": "width >= 50"},
    ]
    file = Lake(pixlake, tmp_path, {"checks": checks})
    lake = tmp_path / "lake"
    said = {check["name"]: check for check in pixlake("run", "--config", file, "--json").json["checks"]}
    found = Latest(lake)
    assert set(found) == set(said) == {"blur", "unique", "labels", "freshness", "volume", "wide"}
    assert (found["blur"]["table_name"], found["unique"]["table_name"]) == ("images", "raw.images")
    assert (found["blur"]["rows_checked"], found["blur"]["rows_failed"], found["blur"]["passed"]) == (6, 2, False)
    assert set(found["blur"]["sample_ids"]) == {pictures["blurred"], pictures["uniform"]}
    assert found["blur"]["value"] == pytest.approx(2 / 6)
    assert (found["labels"]["rows_failed"], found["labels"]["sample_ids"]) == (6, ["walks"])
    assert found["unique"]["passed"] is True
    assert 0 <= found["freshness"]["value"] < 3600
    assert (found["volume"]["rows_checked"], found["volume"]["passed"]) == (6, True)
    assert (found["wide"]["rows_failed"], found["wide"]["sample_ids"]) == (1, [pictures["tiny"]])
    assert len({row["run_id"] for row in found.values()}) == 1
    assert all(row["date_partition"] == row["run_at"].strftime("%Y-%m-%d") for row in found.values())
    before = Results(lake)
    again = pixlake("run", "--config", file, "--json").json["checks"]
    assert Results(lake) == before
    assert not any(check["news"] for check in again)
    assert {check["name"]: check["passed"] for check in again} == {name: said[name]["passed"] for name in said}
    # One image more: tables that have news are asked again.
    Picture(tmp_path / "in" / "walks" / "more.png", 50, (100, 80))
    pixlake("run", "--config", file)
    assert [row["rows_checked"] for row in Results(lake) if row["check_name"] == "volume"] == [6, 7]


def test_what_fails_goes_to_quarantine_and_leaves_it(pixlake, tmp_path, pictures):  # noqa: F811
    file = Lake(pixlake, tmp_path, {"checks": [DARK, {"kind": "format", "in": ["PNG"], "severity": "quarantine"}]})
    lake = tmp_path / "lake"
    pixlake("run", "--config", file, status=3)
    wanted = {(pictures["dark"], "check:darkness"), (pictures["placed"], "check:format")}
    assert Quarantined(pixlake, lake) == wanted
    rows = {row["id"]: row for row in Rows(lake, "raw.quarantine")}
    assert rows[pictures["dark"]]["filename"] == "dark.png"
    assert "min_brightness 20" in rows[pictures["dark"]]["message"]
    assert rows[pictures["dark"]]["content"] is None
    assert len(Rows(lake, "raw.images")) == len(pictures)
    # Nothing is added by a run again, by taking the same in again, nor by looking.
    versions = sorted((lake / "raw" / "quarantine" / "_delta_log").iterdir())
    steps = Steps(pixlake("run", "--config", file, "--json"))
    assert {step["mode"] for name, step in steps.items() if name != "ingest"} == {"nothing"}
    pixlake("ingest", tmp_path / "in", "--lake", lake)
    assert pixlake("quarantine", "replay", "--lake", lake, "--json").json["replayed"] == 0
    assert sorted((lake / "raw" / "quarantine" / "_delta_log").iterdir()) == versions
    assert Quarantined(pixlake, lake) == wanted
    reports = {(row["report"], row["name"]): row["images"] for row in Rows(lake, "curated.reporting")}
    assert reports["verdict", "check:darkness"] == 1
    Same(pixlake, lake, tmp_path)
    # It passes once less is asked.
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": [{**DARK, "min_brightness": 1}]}))
    assert Quarantined(pixlake, lake) == set()
    assert len(Rows(lake, "processed.enriched")) == len(pictures)
    # And an image that is no more is not in quarantine.
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": [DARK]}), status=3)
    pixlake("sql", f"DELETE FROM raw.images WHERE id = '{pictures['dark']}'", "--lake", lake)
    assert Quarantined(pixlake, lake) == set()
    pixlake("run", "--lake", lake, "--only", "features", "--only", "validated")
    assert Rows(lake, "raw.quarantine") == []


def test_rows_of_a_table_that_are_dropped_are_not_seen_behind_it(pixlake, tmp_path):
    for seed in range(4):
        Picture(tmp_path / "in" / f"{seed}.png", seed, (40 + seed, 20))
    check = {"kind": "dimensions", "min_width": 42, "table": "processed.enriched", "severity": "drop"}
    lake = tmp_path / "lake"
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": [check]}))
    assert len(Rows(lake, "processed.enriched")) == 4
    assert {row["width"] for row in Rows(lake, "curated.ml_ready")} == {42, 43}
    total = {row["images"] for row in Rows(lake, "curated.reporting") if row["report"] == "total"}
    assert total == {2}
    (row,) = Results(lake)
    assert (row["rows_checked"], row["rows_failed"]) == (4, 2)
    for seed in range(4, 8):
        Picture(tmp_path / "in" / f"{seed}.png", seed, (40 + seed % 4, 20))
    steps = Steps(pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": [check]}), "--json"))
    assert steps["ml_ready"]["mode"] == "changed"
    assert len(Rows(lake, "curated.ml_ready")) == 4
    pixlake("run", "--config", Lake(pixlake, tmp_path, {}))
    assert len(Rows(lake, "curated.ml_ready")) == 8


def test_stop_stops_the_steps_that_read_the_table(pixlake, tmp_path):
    Picture(tmp_path / "in" / "a.png", 1)
    lake = tmp_path / "lake"
    pixlake("run", "--config", Lake(pixlake, tmp_path, {}))
    Picture(tmp_path / "in" / "b.png", 2)
    few = {"kind": "volume", "name": "few", "table": "processed.enriched", "max_rows": 1, "severity": "stop"}
    file = Lake(pixlake, tmp_path, {"checks": [few]})
    done = pixlake("run", "--config", file, status=1)
    assert "check few of processed.enriched fails (2 rows)" in done.stderr
    assert "analytics, ml_ready, reporting" in done.stderr
    sizes = {name: len(Rows(lake, name)) for name in ["processed.features", "processed.enriched", "curated.ml_ready"]}
    assert sizes == {"processed.features": 2, "processed.enriched": 2, "curated.ml_ready": 1}
    assert [row["passed"] for row in Results(lake)] == [False]
    # What is known from before stops it as well, and a step alone too.
    assert "few" in pixlake("run", "--config", file, status=1).stderr
    assert "few" in pixlake("run", "--config", file, "--only", "ml_ready", status=1).stderr
    assert len(Results(lake)) == 1
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": [{**few, "max_rows": 2}]}))
    assert len(Rows(lake, "curated.ml_ready")) == 2


def test_a_table_of_ones_own_is_checked_once_it_is_made(pixlake, tmp_path):
    for seed in range(3):
        Picture(tmp_path / "in" / f"{seed % 2}" / f"{seed}.png", seed)
    step = {
        "name": "labels",
        "inputs": ["processed.enriched"],
        "sql": "SELECT label, count(*) AS images, 'NaN'::DOUBLE AS score FROM enriched GROUP BY label",
        "output": "curated.labels",
        "key": "label",
    }
    checks = [
        {"kind": "sql", "name": "many", "table": "curated.labels", "condition": "images >= 2"},
        {"kind": "unique", "table": "curated.labels", "column": "score"},
        {"kind": "noise", "name": "score", "table": "curated.nan", "max": 5},
    ]
    own = {**step, "name": "nan", "sql": "SELECT label, 'NaN'::DOUBLE AS noise FROM enriched", "output": "curated.nan"}
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"steps": [step, own], "checks": checks}))
    found = Latest(tmp_path / "lake")
    assert (found["many"]["rows_failed"], found["many"]["sample_ids"]) == (1, ["1"])
    assert (found["unique"]["rows_failed"], found["unique"]["value"]) == (2, 1.0)  # NaN is there twice
    assert (found["score"]["rows_failed"], found["score"]["rows_checked"]) == (3, 3)  # NaN is not within
    wrong = [{"kind": "unique", "table": "curated.labels", "column": "lable"}]
    done = pixlake("run", "--config", Lake(pixlake, tmp_path, {"steps": [step], "checks": wrong}), status=2)
    assert "checks[0].column" in done.stderr
    assert "'label'" in done.stderr


def test_null_keys_empty_tables_and_old_rows(pixlake, tmp_path):
    checks = [
        {"kind": "unique", "table": "processed.enriched", "column": "make"},
        {"kind": "freshness", "table": "processed.enriched", "column": "taken_at", "max_age": "1d"},
        {"kind": "volume", "table": "processed.enriched", "min_share": 0.5},
        {"kind": "sql", "table": "processed.enriched", "condition": "width > 1"},
        {"kind": "label", "in": ["x"]},
    ]
    (tmp_path / "in").mkdir()
    lake = tmp_path / "lake"
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": checks}))
    found = Latest(lake)
    assert {name: row["passed"] for name, row in found.items()} == {
        "unique": None,
        "freshness": False,
        "volume": None,
        "sql": None,
        "label": None,
    }
    for seed in range(2):
        Picture(tmp_path / "in" / f"{seed}.png", seed)
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": checks}))
    found = Latest(lake)
    assert (found["unique"]["rows_not_applicable"], found["unique"]["rows_failed"]) == (2, 0)
    assert found["freshness"]["message"] == "no row has a time"
    old = datetime.now(UTC) - timedelta(days=30)
    pixlake("sql", f"UPDATE raw.images SET ingestion_time = TIMESTAMPTZ '{old.isoformat()}'", "--lake", lake)
    fresh = [{"kind": "freshness", "column": "ingestion_time", "max_age": "7d"}]
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": fresh}))
    row = Latest(lake)["freshness"]
    assert (row["passed"], round(row["value"] / 86400)) == (False, 30)
    assert "30.0 days old" in row["message"]


def test_volume_is_told_against_earlier_runs(pixlake, tmp_path):
    file = Lake(pixlake, tmp_path, {"checks": [{"kind": "volume", "min_share": 0.8, "max_share": 2}]})
    lake = tmp_path / "lake"
    counts = [2, 4, 12]
    for count in counts:
        for seed in range(count):
            Picture(tmp_path / "in" / f"{seed}.png", seed)
        pixlake("run", "--config", file)
    found = Results(lake)
    assert [row["rows_checked"] for row in found] == counts
    assert [row["value"] for row in found] == [None, 4 / 2, 12 / 3]
    assert [row["passed"] for row in found] == [None, True, False]


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"kind": "freshness", "column": "created_at", "max_age": "1d", "severity": "drop"}, "checks[0].severity"),
        ({"kind": "unique", "column": "id", "severity": "quarantine"}, "checks[0].severity"),
        ({"kind": "label", "in": ["a"], "table": "processed.enriched", "severity": "quarantine"}, "checks[0].severity"),
        ({"kind": "duplicate", "table": "processed.enriched"}, "unique"),
        ({"kind": "place", "polygon": [[1, 2], [3, 4]]}, "three"),
        ({"kind": "volume", "min_rows": 5, "max_rows": 2}, "checks[0].min_rows"),
        ({"kind": "volume"}, "checks[0]"),
    ],
)
def test_config_check_says_what_cannot_be(pixlake, tmp_path, check, said):
    file = Lake(pixlake, tmp_path, {"checks": [check]})
    done = pixlake("config", "check", "--config", file, status=2)
    assert said in done.stdout + done.stderr
    assert "settings.yaml:1:" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"kind": "unique", "column": "idd"}, "did you mean 'id'"),
        ({"kind": "unique", "column": "content"}, "blobs"),
        ({"kind": "freshness", "column": "filename", "max_age": "1d"}, "ingestion_time"),
        ({"kind": "unique", "column": "id", "table": "processed.enrichd"}, "processed.enriched"),
        ({"kind": "unique", "column": "id", "table": "gold.images"}, "checks[0].table"),
        ({"kind": "unique", "column": "run_id", "table": "processed.check_results"}, "checks[0].table"),
        ({"kind": "label", "in": ["a"], "table": "raw.images", "severity": "drop"}, "`images`"),
        ({"kind": "label", "in": ["a"], "table": "curated.ml_ready", "severity": "drop"}, "no step reads"),
        (
            {
                "kind": "sql",
                "table": "processed.enriched",
                "condition": "label IN (SELECT label FROM enriched)",
                "severity": "drop",
            },
            "checks[0].condition",
        ),
    ],
)
def test_what_a_lake_has_not_is_said_before_anything_is_done(pixlake, tmp_path, check, said):
    Picture(tmp_path / "in" / "a.png", 1)
    file = Lake(pixlake, tmp_path, {"checks": [check]})
    done = pixlake("run", "--config", file, status=2)
    assert said in done.stderr
    assert "settings.yaml:1:" in done.stderr
    assert Rows(tmp_path / "lake", "raw.images") == []


def test_a_condition_of_no_column_says_where_it_stands(pixlake, tmp_path):
    Picture(tmp_path / "in" / "a.png", 1)
    check = {"kind": "sql", "table": "processed.enriched", "condition": "widht > 1"}
    done = pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": [check]}), status=2)
    assert "settings.yaml:1:" in done.stderr
    assert "widht" in done.stderr
    for check in ({"kind": "sql", "condition": "widht > 1"}, {"kind": "exif", "required": ["widht"]}):
        file = Lake(pixlake, tmp_path, {"checks": [{"kind": "duplicate"}, check]})
        assert "checks[1]: step validated" in pixlake("run", "--config", file, status=2).stderr
