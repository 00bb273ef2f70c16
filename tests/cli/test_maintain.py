"""`pixlake maintain`: a lake's tables kept in order as its settings say."""

import json

import pytest
from deltalake import DeltaTable
from ingest_lake import Rows
from test_run import Picture
from test_run_settings import Lake


def Upkeep(outcome):
    return {(one["table"], one["what"]): one for one in outcome.json["upkeep"]}


@pytest.fixture
def lake(pixlake, tmp_path):
    """Of four batches: four small files a table."""
    pixlake("init", tmp_path / "lake")
    for i in range(4):
        Picture(tmp_path / "in" / f"{i}.png", i)
        pixlake("ingest", tmp_path / "in", "--lake", tmp_path / "lake")
    return tmp_path / "lake"


def test_small_files_become_one_and_nothing_is_done_twice(pixlake, lake):
    before = Rows(lake, "raw.images")
    plan = Upkeep(pixlake("maintain", "--lake", lake, "--plan", "--json"))
    assert (plan["raw.images", "optimize"]["files"], plan["raw.images", "optimize"]["changed"]) == (4, True)
    assert len(DeltaTable(lake / "raw" / "images").file_uris()) == 4
    done = Upkeep(pixlake("maintain", "--lake", lake, "--json"))
    assert done["raw.images", "optimize"]["changed"]
    assert all("problem" not in one for one in done.values())
    assert len(DeltaTable(lake / "raw" / "images").file_uris()) == 1
    by_id = lambda row: row["id"]  # noqa: E731
    assert sorted(Rows(lake, "raw.images"), key=by_id) == sorted(before, key=by_id)
    versions = {path: len(list(path.iterdir())) for path in lake.glob("*/*/_delta_log")}
    again = Upkeep(pixlake("maintain", "--lake", lake, "--json"))
    assert not any(one["due"] or one["changed"] for one in again.values())
    assert "due every 1d" in again["raw.images", "optimize"]["words"]
    now = Upkeep(pixlake("maintain", "--lake", lake, "--now", "--json"))
    assert not any(one["changed"] for one in now.values())
    assert {path: len(list(path.iterdir())) for path in lake.glob("*/*/_delta_log")} == versions


def test_some_tables_alone(pixlake, lake):
    done = Upkeep(pixlake("maintain", "raw.images", "--lake", lake, "--json"))
    assert {table for table, _ in done} == {"raw.images"}
    assert "raw.images" in pixlake("maintain", "raw.image", "--lake", lake, status=2).stderr


def test_vacuum_goes_by_the_settings_or_by_the_table(pixlake, lake, tmp_path):
    pixlake("table", "optimize", "raw.images", "--lake", lake)
    files = lambda: len(list((lake / "raw" / "images").rglob("date_partition*/*.parquet")))  # noqa: E731
    assert files() == 5
    # A week is the tables' own: nothing goes.
    pixlake("maintain", "--lake", lake, "--now")
    assert files() == 5
    Lake(pixlake, tmp_path, {"maintenance": {"vacuum": {"retention": "0s"}, "statistics": {"every": "0s"}}})
    done = Upkeep(pixlake("maintain", "raw.images", "--lake", lake, "--now", "--json"))
    assert done["raw.images", "vacuum"]["files"] == 4
    assert "never" in done["raw.images", "statistics"]["words"]
    assert files() == 1
    assert len(Rows(lake, "raw.images")) == 4
    # What somebody has written and not committed yet stays.
    (waiting,) = (lake / "raw" / "images").rglob("date_partition*/*.parquet")
    waiting = waiting.with_name("00000000-0000-4000-8000-000000000000-0_0_20261128000000000.parquet")
    waiting.write_bytes(b"PAR1")
    pixlake("table", "optimize", "raw.images", "--lake", lake)
    pixlake("maintain", "raw.images", "--lake", lake, "--now")
    assert waiting.exists()


def test_rows_are_arranged_once(pixlake, lake, tmp_path):
    Lake(pixlake, tmp_path, {"maintenance": {"zorder": [{"table": "raw.images", "columns": ["size"]}]}})
    done = Upkeep(pixlake("maintain", "raw.images", "--lake", lake, "--json"))
    assert done["raw.images", "zorder"]["changed"]
    sizes = [row["size"] for row in Rows(lake, "raw.images")]
    assert sizes == sorted(sizes)
    now = Upkeep(pixlake("maintain", "raw.images", "--lake", lake, "--now", "--json"))
    assert "nothing was written" in now["raw.images", "zorder"]["words"]
    Picture(tmp_path / "in" / "new.png", 100)
    pixlake("ingest", tmp_path / "in", "--lake", lake)
    now = Upkeep(pixlake("maintain", "raw.images", "--lake", lake, "--now", "--json"))
    assert now["raw.images", "zorder"]["changed"]


def test_one_bad_table_does_not_keep_the_others(pixlake, lake):
    log = lake / "raw" / "binary" / "_delta_log"
    newest = max(log.glob("*.json"))
    newest.with_name(f"{int(newest.stem) + 1:020d}.json").write_text("no json\n")
    outcome = pixlake("maintain", "--lake", lake, "--json", status=1)
    assert outcome.json["status"] == "incomplete"
    done = Upkeep(outcome)
    assert "problem" in done["raw.binary", "optimize"]
    assert done["raw.images", "optimize"]["changed"]


def test_what_is_kept_of_it_may_be_lost_or_damaged(pixlake, lake):
    pixlake("maintain", "--lake", lake)
    state = lake / "_pixlake" / "maintenance.json"
    assert json.loads(state.read_text())["done"]["raw.images optimize"] > 0
    for damage in ("", "[]", '{"done": {"raw.images optimize": "x", "raw.images vacuum": 99999999999999999}}'):
        state.write_text(damage)
        assert Upkeep(pixlake("maintain", "--lake", lake, "--json"))["raw.images", "vacuum"]["due"]
