"""`pixlake ingest`: everything is taken once, nothing is lost, whatever happens meanwhile."""

import datetime
import io
import os
import random
import signal
import subprocess
import tarfile
import threading
import time
import zipfile

import deltalake
import pyarrow as pa
import pytest
from conftest import Stop
from ingest_lake import AssertAccountsFor, Files, MakePhotos, Places, Png, Rows, Sha256, Uri


@pytest.fixture
def lake(tmp_path):
    return tmp_path / "lake"


@pytest.fixture
def photos(tmp_path):
    return MakePhotos(tmp_path / "photos", 60)


def Rest() -> None:
    """Files of the running second are in doubt; let it pass."""
    time.sleep(1.1)


def test_a_folder_is_taken_whole(pixlake, photos, lake):
    (photos / "readme.txt").write_text("came along")
    (photos / "broken.png").write_bytes(Png()[:30])
    (photos / "empty.jpg").write_bytes(b"")
    (photos / "page.jpg").write_text("<html>not found</html>")
    report = pixlake("ingest", photos, "--lake", lake, "--json", status=3).json
    assert (report["items"], report["images"], report["binary"], report["quarantined"]) == (64, 60, 1, 3)
    assert report["verdicts"] == {"empty": 1, "mislabelled": 1, "truncated_at": 1}
    AssertAccountsFor(lake, Files(photos))
    row = next(row for row in Rows(lake, "raw.images") if row["filename"] == "000003.png")
    assert row["mime_type"] == "image/png"
    assert row["metadata"] == {"width": 2, "height": 2, "channels": 1, "format": "PNG", "bit_depth": 8}
    assert row["source"] == Uri(photos / "3/000003.png")
    assert row["date_partition"] == row["ingestion_time"].strftime("%Y-%m-%d")


def test_the_same_folder_again_adds_nothing(pixlake, photos, lake):
    (photos / "broken.png").write_bytes(Png()[:30])
    pixlake("ingest", photos, "--lake", lake, status=3)
    for _ in range(2):
        report = pixlake("ingest", photos, "--lake", lake, "--json", status=0).json
        assert (report["unchanged"], report["batches"]) == (61, 0)
    Rest()
    report = pixlake("ingest", photos, "--lake", lake, "--rehash", "--json").json
    assert (report["images"], report["batches"], report["unchanged"]) == (0, 0, 61)


def test_only_what_is_new_or_changed_is_added(pixlake, photos, lake):
    pixlake("ingest", photos, "--lake", lake)
    Rest()
    (photos / "0/000000.png").write_bytes(Png(5, 5, 1000))
    (photos / "0/000007.png").unlink()
    (photos / "new.png").write_bytes(Png(5, 5, 1001))
    os.utime(photos / "1/000001.png")
    report = pixlake("ingest", photos, "--lake", lake, "--json").json
    assert (report["images"], report["duplicates"], report["gone"], report["unchanged"]) == (2, 1, 1, 57)
    AssertAccountsFor(lake, Files(photos))
    assert Places(lake)[Uri(photos / "0/000007.png")]["gone"]
    assert len(Rows(lake, "raw.images")) == 62, "what is gone from the folder stays in the lake"
    assert pixlake("ingest", photos, "--lake", lake, "--json").json["batches"] == 0


def test_a_content_is_kept_once_under_all_its_names(pixlake, tmp_path, lake):
    for folder in ("cats", "dogs"):
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "same.png").write_bytes(Png())
    report = pixlake("ingest", tmp_path / "in", "--lake", lake, "--label-from-folder", "--json").json
    assert (report["images"], report["duplicates"]) == (1, 1)
    assert sorted(row["label"] for row in Places(lake).values()) == ["cats", "dogs"]
    pixlake("ingest", tmp_path / "in/cats", tmp_path / "in", "--lake", lake)
    assert len(Rows(lake, "raw.sources")) == 2


def test_names_in_any_bytes_come_through(pixlake, tmp_path, lake):
    folder = tmp_path / "in"
    folder.mkdir()
    names = [b"caf\xe9.png", b"new\nline.png", b"100%.png", "日本.png".encode(), b"#hash?.png", b"\xff\xfe.png"]
    for seed, name in enumerate(names):
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(Png(2, 2, seed))
    pixlake("ingest", folder, "--lake", lake)
    expected = {Uri(os.path.join(os.fsencode(folder), name)): Png(2, 2, seed) for seed, name in enumerate(names)}
    AssertAccountsFor(lake, expected)
    assert "caf\N{REPLACEMENT CHARACTER}.png" in {row["filename"] for row in Rows(lake, "raw.images")}


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
def test_an_archive_is_read_where_it_lies(pixlake, tmp_path, lake, kind):
    contents = {f"dir/{number}.png": Png(4, 4, number) for number in range(40)} | {"note.txt": b"hello"}
    archive = tmp_path / f"shard.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
            for name, content in contents.items():
                out.writestr(name, content)
    else:
        with tarfile.open(archive, "w:gz" if kind == "tar.gz" else "w") as out:
            for name, content in contents.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                out.addfile(member, io.BytesIO(content))
    report = pixlake("ingest", archive, "--lake", lake, "--json").json
    assert (report["images"], report["binary"]) == (40, 1)
    AssertAccountsFor(lake, {f"{Uri(archive)}#{name}": content for name, content in contents.items()})
    assert pixlake("ingest", archive, "--lake", lake, "--json").json["batches"] == 0


def Tar(path, contents) -> None:
    with tarfile.open(path, "w") as out:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("age", [0, 3600])
def test_an_archive_without_images_is_a_file_until_it_is_named(pixlake, tmp_path, lake, age):
    folder = tmp_path / "in"
    folder.mkdir()
    Tar(folder / "docs.tar", {"a.txt": b"a", "b.txt": b"b"})
    Tar(folder / "shard.tar", {"0.cls": b"5", "0.png": Png()})
    changed = time.time() - age
    for archive in folder.iterdir():
        os.utime(archive, (changed, changed))
    report = pixlake("ingest", folder, "--lake", lake, "--json").json
    assert (report["items"], report["images"], report["binary"]) == (4, 1, 2)
    AssertAccountsFor(lake, {Uri(folder / "docs.tar"): (folder / "docs.tar").read_bytes()})
    for _ in range(2):
        report = pixlake("ingest", folder, "--lake", lake, "--json").json
        assert (report["batches"], report["gone"]) == (0, 0)
    report = pixlake("ingest", folder / "docs.tar", "--lake", lake, "--json").json
    assert report["binary"] == 2, "named, it is opened"
    for name in "ab":
        assert Places(lake)[f"{Uri(folder / 'docs.tar')}#{name}.txt"]["id"] == Sha256(name.encode())
    for source in (folder, folder / "docs.tar", folder):
        report = pixlake("ingest", source, "--lake", lake, "--json").json
        assert (report["batches"], report["gone"]) == (0, 0), "opened once, it stays so"


def test_what_left_an_archive_is_gone(pixlake, tmp_path, lake):
    folder = tmp_path / "in"
    folder.mkdir()
    Tar(folder / "shard.tar", {"0.png": Png(seed=0), "1.png": Png(seed=1), ".2.png": Png(seed=2)})
    pixlake("ingest", folder, "--lake", lake, "--hidden")
    Tar(folder / "shard.tar", {"1.png": Png(seed=1), "3.png": Png(4, 4, seed=3), ".2.png": Png(seed=2)})
    report = pixlake("ingest", folder, "--lake", lake, "--json").json
    assert (report["images"], report["gone"]) == (1, 1)
    gone = {uri.partition("#")[2]: row["gone"] for uri, row in Places(lake).items()}
    assert gone == {"": False, "0.png": True, "1.png": False, "3.png": False, ".2.png": False}
    assert pixlake("ingest", folder, "--lake", lake, "--json").json["batches"] == 0


def test_what_options_leave_out_is_not_gone(pixlake, tmp_path, lake):
    folder = tmp_path / "in"
    (folder / ".hidden").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b.png").write_bytes(Png(seed=1))
    (folder / ".hidden/a.png").write_bytes(Png(seed=0))
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    pixlake("ingest", folder, "--lake", lake, "--hidden", "--follow-links")
    assert pixlake("ingest", folder, "--lake", lake, "--json").json["gone"] == 0
    (tmp_path / "elsewhere/b.png").unlink()
    assert pixlake("ingest", folder, "--lake", lake, "--json").json["gone"] == 1


def test_within_a_second_the_latest_word_counts(pixlake, tmp_path, lake):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(8):
        (folder / "a.png").write_bytes(Png(2, 2, number % 2))
        pixlake("ingest", folder, "--lake", lake)
        AssertInForce(lake, folder)
        (folder / "a.png").unlink()
        assert pixlake("ingest", folder, "--lake", lake, "--json").json["gone"] == 1
        assert pixlake("ingest", folder, "--lake", lake, "--json").json["batches"] == 0


def AssertInForce(lake, folder) -> None:
    places = Places(lake)
    for uri, content in Files(folder).items():
        assert places[uri]["id"] == Sha256(content) and not places[uri]["gone"]


def AppendTo(lake, table, **changes) -> None:
    """Appends the first row again, changed, as another engine might."""
    import deltalake

    place = str(lake / table.replace(".", "/"))
    rows = deltalake.DeltaTable(place).to_pyarrow_table()
    row = rows.slice(0, 1).to_pylist()[0] | changes
    deltalake.write_deltalake(place, pa.Table.from_pylist([row], schema=rows.schema), mode="append")


def test_a_clock_that_goes_back_hides_nothing(pixlake, tmp_path, lake):
    folder = MakePhotos(tmp_path / "in", 1)
    pixlake("ingest", folder, "--lake", lake)
    later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)
    AppendTo(lake, "raw.sources", last_seen=later)
    (folder / "0/000000.png").write_bytes(Png(5, 5, 9))
    pixlake("ingest", folder, "--lake", lake)
    AssertInForce(lake, folder)
    assert pixlake("ingest", folder, "--lake", lake, "--json").json["batches"] == 0


def test_labels_given_later_are_noted(pixlake, tmp_path, lake):
    folder = MakePhotos(tmp_path / "in", 3)
    Tar(folder / "shard.tar", {"cat/0.png": Png(seed=77)})
    pixlake("ingest", folder, "--lake", lake)
    Rest()
    report = pixlake("ingest", folder, "--lake", lake, "--label-from-folder", "--json").json
    assert (report["images"], report["duplicates"]) == (0, 4)
    labels = {uri.rpartition("in/")[2]: row["label"] for uri, row in Places(lake).items()}
    assert labels["0/000000.png"] == "0" and labels["shard.tar#cat/0.png"] == "cat"
    for options in ((), ("--label-from-folder",)):
        report = pixlake("ingest", folder, "--lake", lake, "--json", *options).json
        assert report["duplicates"] == 0
    assert {row["label"] for row in Places(lake).values() if row["id"]} == {"0", "1", "2", "cat"}


def test_a_truncated_archive_gives_what_it_has_and_its_reason(pixlake, tmp_path, lake):
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as out:
        for number in range(4):
            member = tarfile.TarInfo(f"{number}.png")
            content = Png(64, 64, number)
            member.size = len(content)
            out.addfile(member, io.BytesIO(content))
    archive = tmp_path / "cut.tar"
    archive.write_bytes(whole.getvalue()[: 512 * 12 + 100])
    report = pixlake("ingest", archive, "--lake", lake, "--json", status=3).json
    assert report["images"] >= 1 and report["quarantined"] == 1
    assert report["images"] == len(Rows(lake, "raw.images"))
    again = pixlake("ingest", archive, "--lake", lake, "--json", status=0).json
    assert again["images"] == 0 and again["quarantined"] == 0


def test_hostile_member_names_stay_names(pixlake, tmp_path, lake):
    archive = tmp_path / "evil.zip"
    with zipfile.ZipFile(archive, "w") as out:
        for seed, name in enumerate(["../../up.png", "/abs.png", "a/../../b.png"]):
            out.writestr(name, Png(2, 2, seed))
    before = set(tmp_path.rglob("*"))
    pixlake("ingest", archive, "--lake", lake)
    assert len(Rows(lake, "raw.images")) == 3
    new = {path for path in tmp_path.rglob("*") if lake not in path.parents and path != lake}
    assert new <= before


def test_a_vanished_lake_folder_or_source_is_said(pixlake, tmp_path, lake):
    assert "no-such" in pixlake("ingest", tmp_path / "no-such", "--lake", lake, status=1).stderr
    assert not lake.exists(), "a mistyped source made a lake"
    assert "lake" in pixlake("ingest", tmp_path, status=2).stderr
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("x")
    assert "not empty" in pixlake("ingest", tmp_path, "--lake", tmp_path / "full", status=2).stderr


@pytest.mark.parametrize("pixels", ["0", "-1", "99999999999999999999", "x"])
def test_pixels_out_of_range_are_wrong_usage(pixlake, photos, lake, pixels):
    outcome = pixlake("ingest", photos, "--lake", lake, "--max-pixels", pixels, "--json", status=2)
    assert len(outcome.json["error"]["message"]) < 200
    assert not lake.exists()


def test_a_large_value_that_is_no_image_has_its_verdict(pixlake, tmp_path, lake):
    folder = tmp_path / "in"
    folder.mkdir()
    with open(folder / "huge.png", "wb") as file:
        file.truncate((1 << 30) + 1)
    report = pixlake("ingest", folder, "--lake", lake, "--json", status=3).json
    assert report["verdicts"] == {"mislabelled": 1}
    os.utime(folder / "huge.png")
    report = pixlake("ingest", folder, "--lake", lake, "--rehash", "--json").json
    assert (report["quarantined"], report["duplicates"]) == (0, 1)
    assert len(list((lake / "raw/quarantine/_pixlake/blobs").iterdir())) == 2, "it and the README"
    assert not list((lake / "_pixlake/tmp").iterdir())


def test_a_lake_inside_its_source_does_not_eat_itself(pixlake, photos):
    lake = photos / "lake"
    for _ in range(2):
        pixlake("ingest", photos, "--lake", lake)
    assert len(Rows(lake, "raw.images")) == 60
    assert not Rows(lake, "raw.binary")


def test_files_that_change_while_read_are_whole_or_refused(pixlake, tmp_path, lake):
    folder = MakePhotos(tmp_path / "in", 400, 20000)
    stop = threading.Event()

    def Churn():
        chance = random.Random(1)
        files = sorted(folder.rglob("*.png"))
        while not stop.is_set():
            path = chance.choice(files)
            if chance.random() < 0.2:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(Png(100 + chance.randrange(80), 100, chance.randrange(10**9)))

    churn = threading.Thread(target=Churn)
    churn.start()
    outcome = pixlake("ingest", folder, "--lake", lake, "--json", status=None)
    stop.set()
    churn.join()
    assert outcome.status in (0, 3), outcome
    for row in Rows(lake, "raw.images"):
        assert Sha256(row["content"]) == row["id"]
    Rest()
    pixlake("ingest", folder, "--lake", lake, status=None)
    AssertAccountsFor(lake, Files(folder))


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
        pytest.skip("NO MOUNT: only root may mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_said_and_can_be_finished_later(pixlake, tmp_path, small_disk):
    folder = MakePhotos(tmp_path / "in", 200, 100_000)
    outcome = pixlake("ingest", folder, "--lake", small_disk / "lake", status=1)
    assert "space" in outcome.stderr.lower()
    subprocess.run(["mount", "-o", "remount,size=200m", str(small_disk)], check=True)
    pixlake("ingest", folder, "--lake", small_disk / "lake")
    AssertAccountsFor(small_disk / "lake", Files(folder))


def test_twenty_kills_leave_an_exact_lake(pixlake, tmp_path, lake):
    folder = MakePhotos(tmp_path / "in", 3000, 8000)
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    timed = pixlake("ingest", folder, "--lake", tmp_path / "timed", status=3).seconds
    chance = random.Random(4)
    for round_number in range(20):
        process = pixlake.Start("ingest", folder, "--lake", lake, "--quiet")
        time.sleep(chance.uniform(0, timed * 1.2))
        Stop(process, signal.SIGKILL)
        if round_number % 5 == 4:
            MakePhotos(folder, 200, 8000, first=10000 + 200 * round_number)
    pixlake("ingest", folder, "--lake", lake, status=None)
    AssertAccountsFor(lake, Files(folder))
    assert not list((lake / "_pixlake/batches").glob("*.json"))
    assert len(Rows(lake, "raw.quarantine")) == 1


def test_an_interrupt_ends_it_in_order(pixlake, tmp_path, lake):
    folder = MakePhotos(tmp_path / "in", 3000, 20000)
    process = pixlake.Start("ingest", folder, "--lake", lake, "--quiet")
    time.sleep(0.15)
    status, stderr = Stop(process, signal.SIGINT)
    assert status in (0, 130)
    if status == 130:
        assert stderr == "pixlake: interrupted; run the same command again to finish\n"
    pixlake("ingest", folder, "--lake", lake)
    AssertAccountsFor(lake, Files(folder))


def test_two_runs_at_the_same_moment_take_everything_once(pixlake, tmp_path, lake):
    folder = MakePhotos(tmp_path / "in", 1500, 8000)
    runs = [pixlake.Start("ingest", folder, "--lake", lake, "--quiet") for _ in range(2)]
    for run in runs:
        _, stderr = run.communicate(timeout=120)
        assert run.returncode == 0, stderr
    AssertAccountsFor(lake, Files(folder))


def test_large_values_keep_to_the_memory(pixlake, tmp_path, lake):
    folder = tmp_path / "in"
    folder.mkdir()
    with open(folder / "huge.bin", "wb") as file:
        file.truncate(300 << 20)
    pixlake("ingest", folder, "--lake", lake, "--memory", "64MB")
    rows = Rows(lake, "raw.binary", columns=["id", "size", "content_uri"])
    assert [row["size"] for row in rows] == [300 << 20]
    found = pixlake("cat", "raw.binary", rows[0]["id"], "--lake", lake, "-o", tmp_path / "back")
    assert found.status == 0
    assert os.path.getsize(tmp_path / "back") == 300 << 20


def test_an_export_has_images_whose_file_is_gone(pixlake, photos, lake, tmp_path):
    pixlake("ingest", photos, "--lake", lake)
    gone, moved = photos / "0/000000.png", photos / "1/000001.png"
    expected = gone.read_bytes()
    gone.unlink()
    moved.rename(photos / "1/moved.png")
    Rest()
    assert pixlake("ingest", photos, "--lake", lake, "--json").json["gone"] == 2
    pixlake("export", "raw.images", tmp_path / "back", "--lake", lake)
    assert (tmp_path / "back/0/000000.png").read_bytes() == expected
    assert (tmp_path / "back/1/moved.png").exists()
    assert not (tmp_path / "back/1/000001.png").exists(), "it has another place"
    assert len(list((tmp_path / "back").rglob("*.png"))) == 60


def test_an_export_has_what_others_appended_and_goes_on_past_what_is_missing(pixlake, lake, tmp_path):
    folder = MakePhotos(tmp_path / "in", 6, 3000)
    pixlake("ingest", folder, "--lake", lake)
    rows = deltalake.DeltaTable(str(lake / "raw/images")).to_pyarrow_table()
    foreign, lost = Png(9, 9, 5), Png(9, 9, 6)
    row = dict(rows.to_pylist()[0])
    added = [
        {**row, "id": Sha256(foreign), "content": foreign, "filename": "../theirs.png", "size": len(foreign)},
        {**row, "id": Sha256(lost), "content": None, "filename": None, "content_uri": "_pixlake/blobs/gone"},
    ]
    deltalake.write_deltalake(str(lake / "raw/images"), pa.Table.from_pylist(added, schema=rows.schema), mode="append")
    sources = deltalake.DeltaTable(str(lake / "raw/sources")).to_pyarrow_table()
    damaged = {**sources.to_pylist()[0], "uri": "file:///%zz/a.png"}
    table = pa.Table.from_pylist([damaged], schema=sources.schema)
    deltalake.write_deltalake(str(lake / "raw/sources"), table, mode="append")

    outcome = pixlake("export", "raw.images", tmp_path / "out", "--lake", lake, "--json", status=1)
    assert (outcome.json["status"], outcome.json["failed"], outcome.json["files"]) == ("incomplete", 1, 8)
    assert Sha256(lost) in outcome.json["problems"][0]
    written = sorted(Sha256(path.read_bytes()) for path in (tmp_path / "out").rglob("*") if path.is_file())
    wanted = sorted([*map(Sha256, Files(folder).values()), Sha256(foreign), damaged["id"]])
    assert written == wanted
    (theirs,) = [path for path in (tmp_path / "out").rglob("*theirs.png")]
    assert theirs.read_bytes() == foreign and theirs.is_relative_to(tmp_path / "out/_no_place")
