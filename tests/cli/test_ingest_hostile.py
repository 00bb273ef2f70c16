"""`pixlake ingest` among hostile things: a lake others wrote into, files that turn into other things."""

import json
import os
import random
import threading

import pytest
from ingest_lake import AssertAccountsFor, Files, MakePhotos, Places, Png, Rows, Sha256


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


@pytest.fixture
def photos(tmp_path):
    return MakePhotos(tmp_path / "photos", 60)


@pytest.fixture
def decided(pixlake, photos, lake):
    """A lake with a batch that is decided and not committed: its manifest and the data files."""
    pixlake("ingest", photos, "--lake", lake)
    MakePhotos(photos, 5, first=500)
    in_the_way = lake / "raw/quarantine/_delta_log/00000000000000000001.json"
    (photos / "bad.png").write_bytes(b"nothing")
    in_the_way.mkdir()
    pixlake("ingest", photos, "--lake", lake, status=1)
    in_the_way.rmdir()
    [manifest] = (lake / "_pixlake/batches").glob("*.json")
    return manifest


def test_a_decided_batch_is_committed_by_the_next_run(pixlake, photos, lake, decided):
    report = pixlake("ingest", photos, "--lake", lake, "--json").json
    assert (report["replayed_batches"], report["batches"], len(Rows(lake, "raw.images"))) == (1, 0, 65)
    AssertAccountsFor(lake, Files(photos))


HOSTILE = {
    "garbage": lambda text: "{not json",
    "another table": lambda text: text.replace('"raw.images"', '"curated.secret"'),
    "a file outside": lambda text: text.replace('"name":"date_partition', '"name":"../../../date_partition'),
    "an absolute file": lambda text: text.replace('"name":"date_partition', '"name":"/etc/date_partition'),
    "another partition": lambda text: text.replace('"partition":{"date_partition":"2', '"partition":{"x":"2'),
    "no such number": lambda text: text.replace('"number":2', '"number":9223372036854775807'),
    "wrong kinds": lambda text: text.replace('"number":2', '"number":{}'),
    "a list": lambda text: "[]",
    "a deep one": lambda text: "[" * 1_000_000,
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_manifest_that_is_not_ours_is_refused(pixlake, photos, lake, decided, what):
    before = decided.read_text()
    decided.write_text(HOSTILE[what](before))
    assert decided.read_text() != before
    outcome = pixlake("ingest", photos, "--lake", lake, "--json", status=1)
    assert str(decided) in outcome.stderr and "ove it away" in outcome.stderr
    assert outcome.json["error"]["code"] == "corrupt"
    assert len(Rows(lake, "raw.images")) == 60
    decided.unlink()
    pixlake("ingest", photos, "--lake", lake, status=3)
    AssertAccountsFor(lake, Files(photos))


def test_a_decided_batch_without_its_files_says_so(pixlake, photos, lake, decided):
    for file in json.loads(decided.read_text())["tables"][-1]["files"]:
        (lake / "raw/images" / file["name"]).unlink()
    outcome = pixlake("ingest", photos, "--lake", lake, status=1)
    assert str(decided) in outcome.stderr and "ove it away" in outcome.stderr


def TurnInto(path, chance) -> None:
    """Makes something else of a file, which may be something else by now."""
    try:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
        kind = chance.randrange(4)
        if kind == 0:
            os.mkfifo(path)
        elif kind == 1:
            path.mkdir()
        elif kind == 2:
            path.symlink_to("nowhere")
        else:
            path.write_bytes(Png(60, 60, chance.randrange(10**9)))
    except OSError:
        pass


def test_files_that_turn_into_other_things_hang_nothing(pixlake, tmp_path, lake):
    folder = MakePhotos(tmp_path / "in", 600, 3000)
    files = sorted(folder.rglob("*.png"))
    stop = threading.Event()

    def Churn():
        chance = random.Random(5)
        while not stop.is_set():
            TurnInto(chance.choice(files), chance)

    churn = threading.Thread(target=Churn)
    churn.start()
    outcomes = [pixlake("ingest", folder, "--lake", lake, "--rehash", status=None, timeout=30) for _ in range(5)]
    stop.set()
    churn.join()
    assert {outcome.status for outcome in outcomes} <= {0, 3}
    pixlake("ingest", folder, "--lake", lake, "--rehash", status=None)
    there = Files(folder)
    places = Places(lake)
    for uri, content in there.items():
        assert places[uri]["id"] == Sha256(content) and not places[uri]["gone"]
    assert {uri for uri, row in places.items() if row["id"] and not row["gone"]} == set(there)
    for row in Rows(lake, "raw.images"):
        assert Sha256(row["content"]) == row["id"]


def test_export_never_writes_through_what_is_there(pixlake, tmp_path, photos, lake):
    pixlake("ingest", photos, "--lake", lake)
    out = tmp_path / "out"
    (out / "0").mkdir(parents=True)
    for made in (lambda path: path.symlink_to(tmp_path / "victim"), os.mkfifo, lambda path: path.write_bytes(b"mine")):
        made(out / "0/000000.png")
        outcome = pixlake("export", "raw.images", out, "--lake", lake, "--json", status=1, timeout=30)
        assert "000000.png" in outcome.json["error"]["message"]
        assert not (tmp_path / "victim").exists()
        (out / "0/000000.png").unlink()
    pixlake("export", "raw.images", out, "--lake", lake)
    assert sorted(Files(out).values()) == sorted(Files(photos).values())
