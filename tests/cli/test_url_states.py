"""A list run again and again while some of its places are mended: what each run and the lake say."""

from __future__ import annotations

import datetime
import json
import sqlite3
import time

import deltalake
import pyarrow as pa
import pytest
from http_hosts import Host
from ingest_lake import Places, Png, Rows

QUICK = ["--connect-timeout", "2", "--stall-timeout", "1", "--request-timeout", "2", "--attempts", "1", "--json"]


def Send(status, body=b"", kind="text/html"):
    return lambda handler, count: handler.Send(status, body, kind)


def Hang(handler, count):
    time.sleep(4)
    handler.Send(200, b"late")


@pytest.fixture
def host():
    with Host({"/good.png": Png(seed=1)}) as host:
        host.special = {
            "/500.png": Send(500, b"broken"),
            "/slow.png": Hang,
            "/page.png": Send(200, b"<html>sorry</html>"),
            "/other.png": Send(403, b"no"),
        }
        yield host


def Quarantine(pixlake, lake) -> dict[str, dict]:
    listed = pixlake("quarantine", "list", "--lake", lake, "--json").json["rows"]
    assert len({row["source"] for row in listed}) == len(listed), "a place is listed twice"
    return {row["source"].rsplit("/", 1)[-1]: row for row in listed}


def States(lake) -> dict[str, tuple]:
    return {
        uri.rsplit("/", 1)[-1]: (
            row["table_name" if "table_name" in row else "table"],
            row["attempts"],
            bool(row["problem"]),
        )
        for uri, row in Places(lake).items()
    }


def test_a_list_whose_urls_fail_tells_the_truth_each_time(pixlake, host, tmp_path):
    lake, listed = tmp_path / "lake", tmp_path / "list.csv"
    names = ["good", "404", "500", "slow", "page", "other"]
    listed.write_text("url\n" + "".join(f"{host.url}/{name}.png\n" for name in names))
    command = ["ingest", listed, "--url-column", "url", "--lake", lake, "--allow-private", "--ignore-robots", *QUICK]
    bad = "raw.quarantine"

    first = pixlake(*command, status=3).json
    assert (first["images"], first["quarantined"], first["failed_again"], first["resolved"]) == (1, 5, 0, 0)
    assert States(lake) == {
        "good.png": ("raw.images", 1, False),
        **{f"{name}.png": (bad, 1, True) for name in names[1:]},
    }
    assert set(Quarantine(pixlake, lake)) == {f"{name}.png" for name in names[1:]}

    # Nothing is mended: the four that gave no bytes fail again; the page is known and no better.
    second = pixlake(*command, status=3).json
    assert (second["images"], second["quarantined"], second["failed_again"]) == (0, 0, 4)
    assert States(lake)["404.png"] == (bad, 2, True)
    assert States(lake)["page.png"] == (bad, 2, True)
    assert {row["attempts"] for name, row in Quarantine(pixlake, lake).items() if name != "page.png"} == {2}
    assert len(Rows(lake, "raw.quarantine")) == 5, "reasons pile up"

    # Some are mended, one fails for another reason.
    host.files["/404.png"] = Png(seed=2)
    host.special["/page.png"] = Send(200, Png(seed=3), "image/png")
    host.special["/500.png"] = Send(410, b"gone")
    del host.special["/slow.png"]
    host.files["/slow.png"] = Png(seed=4)
    host.asked.clear()
    third = pixlake(*command, status=3).json
    assert (third["images"], third["resolved"], third["failed_again"], third["quarantined"]) == (3, 3, 2, 0)
    assert "/good.png" not in host.asked
    assert States(lake)["404.png"] == ("raw.images", 3, False)
    assert States(lake)["page.png"] == ("raw.images", 3, False)
    left = Quarantine(pixlake, lake)
    assert set(left) == {"500.png", "other.png"}
    assert "410" in left["500.png"]["message"] and left["500.png"]["attempts"] == 3
    assert len(Rows(lake, "raw.quarantine")) == 2

    # What replay can fetch it fetches.
    host.files["/other.png"] = Png(seed=5)
    del host.special["/other.png"]
    replay = ["quarantine", "replay", "--lake", lake, "--allow-private", "--ignore-robots", *QUICK]
    replayed = pixlake(*replay).json
    assert (replayed["released"], replayed["failed_again"], replayed["left"]) == (1, 1, 1)
    assert replayed["missing"] == 0
    assert set(Quarantine(pixlake, lake)) == {"500.png"}

    del host.special["/500.png"]
    host.files["/500.png"] = Png(seed=6)
    last = pixlake(*command).json
    assert (last["images"], last["resolved"], last["failed_again"]) == (1, 1, 0)
    assert Quarantine(pixlake, lake) == {} and Rows(lake, "raw.quarantine") == []
    assert {state[0] for state in States(lake).values()} == {"raw.images"}
    again = pixlake(*command).json
    assert (again["images"], again["batches"], again["unchanged"]) == (0, 0, 6)


def test_a_list_of_pages_known_and_unchanged_is_no_news(pixlake, host, tmp_path):
    lake, listed = tmp_path / "lake", tmp_path / "list.csv"
    listed.write_text(f"url\n{host.url}/page.png\n{host.url}/good.png\n")
    command = ["ingest", listed, "--url-column", "url", "--lake", lake, "--allow-private", "--ignore-robots", *QUICK]
    pixlake(*command, status=3)
    assert pixlake(*command, status=0).json["quarantined"] == 0
    # It fails in another way: that is news.
    host.special["/page.png"] = Send(404)
    assert pixlake(*command, status=3).json["quarantined"] == 1
    assert States(lake)["page.png"] == ("raw.quarantine", 3, True)


def test_paths_of_a_list_that_appear_between_the_runs(pixlake, tmp_path):
    lake, listed = tmp_path / "lake", tmp_path / "list.csv"
    a, b = tmp_path / "a.png", tmp_path / "b.png"
    listed.write_text(f"url\n{a}\n{b}\n")
    command = ["ingest", listed, "--url-column", "url", "--lake", lake, "--json"]
    assert pixlake(*command, status=3).json["quarantined"] == 2
    a.write_bytes(Png(seed=1))
    run = pixlake(*command, status=3).json
    assert (run["images"], run["resolved"], run["failed_again"], run["quarantined"]) == (1, 1, 1, 0)
    assert set(Quarantine(pixlake, lake)) == {"b.png"}
    b.write_bytes(b"no image")
    run = pixlake(*command, status=3).json
    assert (run["quarantined"], run["failed_again"]) == (1, 0)
    assert pixlake(*command, status=0).json["unchanged"] == 2
    b.write_bytes(Png(seed=2))
    run = pixlake(*command).json
    assert (run["images"], run["resolved"]) == (1, 1)
    assert Quarantine(pixlake, lake) == {} and Rows(lake, "raw.quarantine") == []


def test_a_file_that_could_not_be_read_or_was_damaged_is_settled_when_it_can(pixlake, tmp_path):
    lake, folder = tmp_path / "lake", tmp_path / "photos"
    folder.mkdir()
    (folder / "cut.png").write_bytes(Png(seed=1)[:-20])
    (folder / "twin.png").write_bytes(Png(seed=1)[:-20])
    (folder / "lost.png").symlink_to(tmp_path / "nowhere.png")
    command = ["ingest", folder, "--follow-links", "--lake", lake, "--json"]
    pixlake(*command, status=3)
    assert pixlake(*command, status=3).json["failed_again"] == 1
    (folder / "cut.png").write_bytes(Png(seed=1))
    (tmp_path / "nowhere.png").write_bytes(Png(seed=2))
    run = pixlake(*command).json
    assert (run["images"], run["resolved"]) == (2, 2)
    # The damaged bytes are still at the other place.
    assert [row["filename"] for row in Rows(lake, "raw.quarantine")] == ["cut.png"]
    (folder / "twin.png").write_bytes(Png(seed=3))
    pixlake(*command)
    assert Rows(lake, "raw.quarantine") == []


@pytest.mark.parametrize("sink", ["sqlite", "folder"])
def test_failures_of_metadata_lists_do_not_outlive_their_reason(pixlake, host, tmp_path, sink):
    listed = tmp_path / "list.csv"
    names = ["good", "404", "500", "page"]
    listed.write_text("url\n" + "".join(f"{host.url}/{name}.png\n" for name in names))
    success, failure = (f"sqlite:{tmp_path}/out.db?table={name}" for name in ("done", "failed"))
    if sink == "folder":
        success, failure = tmp_path / "done", tmp_path / "failed"
    command = ["metadata", listed, "--success", success, "--failure", failure]
    command += ["--allow-private", "--ignore-robots", *QUICK]

    def Urls(place, table):
        if sink == "sqlite":
            with sqlite3.connect(tmp_path / "out.db") as base:
                return sorted(row[0].rsplit("/", 1)[-1] for row in base.execute(f"SELECT url FROM {table}"))
        lines = [line for part in sorted(place.glob("part-*.jsonl")) for line in part.read_text().splitlines()]
        return sorted(json.loads(line)["url"].rsplit("/", 1)[-1] for line in lines)

    assert pixlake(*command, status=3).json["failed"] == 3
    assert pixlake(*command, status=3).json["failed"] == 3
    assert Urls(failure, "failed") == ["404.png", "500.png", "page.png"]
    host.files["/404.png"] = Png(seed=2)
    host.special["/page.png"] = Send(200, Png(seed=3), "image/png")
    assert pixlake(*command, status=3).json["failed"] == 1
    assert Urls(failure, "failed") == ["500.png"]
    assert Urls(success, "done") == ["404.png", "good.png", "page.png"]
    del host.special["/500.png"]
    host.files["/500.png"] = Png(seed=4)
    assert pixlake(*command).json["succeeded"] == 1
    assert Urls(failure, "failed") == []


def Age(lake) -> None:
    """Takes from the empty tables the columns that lakes of the first versions did not have."""
    for table in ("sources", "quarantine"):
        log = lake / "raw" / table / "_delta_log"
        for checksum in log.glob("*.crc"):
            checksum.unlink()
        (first,) = log.glob("*.json")
        actions = [json.loads(line) for line in first.read_text().splitlines()]
        for action in actions:
            if "metaData" in action:
                schema = json.loads(action["metaData"]["schemaString"])
                schema["fields"] = [field for field in schema["fields"] if field["name"] not in ("attempts", "problem")]
                for field in schema["fields"]:
                    field["name"] = "table" if field["name"] == "table_name" else field["name"]
                action["metaData"]["schemaString"] = json.dumps(schema)
        first.write_text("".join(json.dumps(action) + "\n" for action in actions))


def test_a_lake_of_an_earlier_version_is_read_and_grows_its_columns(pixlake, host, tmp_path):
    lake, listed, url = tmp_path / "lake", tmp_path / "list.csv", f"{host.url}/404.png"
    pixlake("init", lake)
    Age(lake)
    now = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    rows = {
        "sources": {"uri": url, "etag": "unreadable:url", "table": "raw.quarantine", "first_seen": now,
                    "last_seen": now, "gone": False},
        "quarantine": {"filename": "404.png", "verdict": "unreadable", "message": "404", "quarantined_at": now,
                       "source": url},
    }  # fmt: skip
    for table, row in rows.items():
        place = str(lake / "raw" / table)
        schema = deltalake.DeltaTable(place).to_pyarrow_table().schema
        row = {**dict.fromkeys(schema.names), **row, "date_partition": "2026-01-02"}
        deltalake.write_deltalake(place, pa.Table.from_pylist([row], schema), mode="append")
    assert Quarantine(pixlake, lake)["404.png"]["attempts"] is None
    listed.write_text(f"url\n{url}\n{host.url}/good.png\n")
    command = ["ingest", listed, "--url-column", "url", "--lake", lake, "--allow-private", "--ignore-robots", *QUICK]
    report = pixlake(*command, status=3).json
    assert (report["images"], report["failed_again"], report["quarantined"]) == (1, 1, 0)
    assert States(lake)["404.png"] == ("raw.quarantine", 2, True)
    assert Quarantine(pixlake, lake)["404.png"]["attempts"] == 2
    assert len(Rows(lake, "raw.quarantine")) == 1
    pixlake("table", "check", "raw.sources", "--lake", lake)
