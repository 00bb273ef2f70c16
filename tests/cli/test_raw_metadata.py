"""What images say of themselves in the lake: `ingest`, lists into raw.metadata."""

import json
import struct
import subprocess
import zlib
from datetime import UTC, datetime

from ingest_lake import Rows, Sha256, Uri
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base


def Photo(path, seed, position=None):
    image = Image.new("RGB", (16 + seed, 9), (seed, 70, 70))
    exif = image.getexif()
    exif[Base.Make] = f"Maker {seed}"
    if position is not None:
        latitude, longitude = position
        exif.get_ifd(IFD.GPSInfo).update(
            {
                GPS.GPSLatitudeRef: "N" if latitude >= 0 else "S",
                GPS.GPSLatitude: (abs(latitude), 0.0, 0.0),
                GPS.GPSLongitudeRef: "E" if longitude >= 0 else "W",
                GPS.GPSLongitude: (abs(longitude), 0.0, 0.0),
                GPS.GPSDateStamp: "2024:02:29",
                GPS.GPSTimeStamp: (12.0, 30.0, 15.0),
            }
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, exif=exif)
    return path


def Png(width, height, rows):
    def Chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((width + 1) * rows))
    return b"\x89PNG\r\n\x1a\n" + Chunk(b"IHDR", header) + Chunk(b"IDAT", pixels) + Chunk(b"IEND", b"")


def WriteList(path, urls):
    path.write_text("url\n" + "".join(f"{url}\n" for url in urls))
    return path


def Lines(folder):
    return [json.loads(line) for part in sorted(folder.glob("*.jsonl")) for line in part.read_text().splitlines()]


def test_ingest_describes_images(pixlake, tmp_path):
    lake, photos = tmp_path / "lake", tmp_path / "photos"
    plain = Photo(photos / "a.jpg", 1)
    pixlake("ingest", photos, "--lake", lake, "--no-metadata")
    assert Rows(lake, "raw.metadata") == []
    placed = Photo(photos / "b.jpg", 2, (-33.5, 151.25))
    (photos / "twice.jpg").write_bytes(placed.read_bytes())
    (photos / "cut.jpg").write_bytes(placed.read_bytes()[:-60])
    outcome = pixlake("ingest", photos, "--lake", lake, "--describe", "--json", status=3)
    # The one that the lake had before, too.
    assert (outcome.json["images"], outcome.json["described"]) == (1, 2)
    rows = {row["id"]: row for row in Rows(lake, "raw.metadata")}
    assert set(rows) == {Sha256(placed.read_bytes()), Sha256(plain.read_bytes())}
    row = rows[Sha256(placed.read_bytes())]
    assert row["url"] in (Uri(placed), Uri(photos / "twice.jpg"))
    with Image.open(placed) as image:
        assert (row["format"], row["mode"]) == (image.format, image.mode)
        assert (row["width"], row["height"]) == image.size
    assert (row["channels"], row["bit_depth"], row["size"]) == (3, 8, placed.stat().st_size)
    assert (row["latitude"], row["longitude"]) == (-33.5, 151.25)
    assert row["gps_timestamp"] == datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC)
    assert row["altitude"] is None
    document = json.loads(row["document"])
    assert document["exif"]["IFD0"]["Make"] == "Maker 2"
    assert (document["url"], document["id"]) == (row["url"], row["id"])
    again = pixlake("ingest", photos, "--lake", lake, "--describe", "--json")
    assert (again.json["described"], again.json["batches"]) == (0, 0)
    pixlake("table", "check", "raw.metadata", "--lake", lake)


def test_what_the_lake_has_is_described_once(pixlake, tmp_path):
    lake, photos = tmp_path / "lake", tmp_path / "photos"
    described = Photo(photos / "0.jpg", 0)
    pixlake("ingest", photos, "--lake", lake)
    for i in range(1, 30):
        Photo(photos / f"{i}.jpg", i)
    pixlake("ingest", photos, "--lake", lake, "--no-metadata")
    command = ["metadata", "raw.images", "--lake", lake, "--failure", tmp_path / "failed", "--json"]
    outcome = pixlake(*command, "--success", "raw.metadata", "--check", "full")
    assert (outcome.json["succeeded"], outcome.json["done_before"]) == (29, 1)
    rows = {row["url"]: row for row in Rows(lake, "raw.metadata")}
    assert set(rows) == {Uri(photos / f"{i}.jpg") for i in range(30)}
    for i in range(30):
        row = rows[Uri(photos / f"{i}.jpg")]
        assert row["id"] == Sha256((photos / f"{i}.jpg").read_bytes())
        assert json.loads(row["document"])["exif"]["IFD0"]["Make"] == f"Maker {i}"
    described.unlink()  # the lake's own bytes are what is read
    assert pixlake(*command, "--success", "raw.metadata").json["done_before"] == 30
    assert pixlake(*command, "--success", tmp_path / "lines").json["succeeded"] == 30
    assert {row["id"] for row in Lines(tmp_path / "lines")} == {row["id"] for row in rows.values()}


def test_a_list_fills_the_lakes_table_and_goes_on_where_it_was(pixlake, tmp_path):
    lake = tmp_path / "lake"
    pixlake("init", lake)
    photos = [Photo(tmp_path / f"photos/{i}.jpg", i) for i in range(5)]
    sinks = ["--success", "raw.metadata", "--failure", tmp_path / "failed", "--lake", lake, "--json"]
    listed = WriteList(tmp_path / "list.csv", [*photos[:3], tmp_path / "gone.jpg"])
    first = pixlake("metadata", listed, *sinks, status=3)
    assert (first.json["succeeded"], first.json["failed"]) == (3, 1)
    WriteList(listed, photos)
    second = pixlake("metadata", listed, *sinks)
    assert (second.json["succeeded"], second.json["done_before"]) == (2, 3)
    rows = {row["url"]: row for row in Rows(lake, "raw.metadata")}
    assert set(rows) == set(map(str, photos))
    for photo in photos:
        inspected = pixlake("inspect", "--json", photo).json["images"][0]
        document = json.loads(rows[str(photo)]["document"])
        del inspected["path"], document["url"], document["id"]
        assert document == inspected
    assert all(row["id"] is None for row in rows.values())
    found = pixlake("sql", "SELECT count(*) AS n FROM raw.metadata WHERE width > 17", "--lake", lake, "--format", "csv")
    assert found.stdout.split() == ["n", "3"]


# What a photographer sets, as exiftool takes it, and what the columns are then.
SET = {
    "Make": "Canon",
    "Model": "EOS 5D",
    "LensModel": "EF24-70mm f/2.8L USM",
    "DateTimeOriginal": "2008:03:07 11:33:47",
    "SubSecTimeOriginal": "25",
    "OffsetTimeOriginal": "+02:00",
    "ExposureTime": "1/250",
    "FNumber": "2.8",
    "ISO": "400",
    "FocalLength": "50",
    "Orientation#": "6",
    "Software": "Firmware 1.1.1",
    "Artist": "Ada",
    "Copyright": "(c) Ada",
    "XMP:Rating": "4",
}
COLUMNS = {
    "make": "Canon",
    "model": "EOS 5D",
    "lens": "EF24-70mm f/2.8L USM",
    "taken_at": datetime(2008, 3, 7, 9, 33, 47, 250000, tzinfo=UTC),
    "taken_at_zone": "offset",
    "exposure_s": 1 / 250,
    "f_number": 2.8,
    "iso": 400,
    "focal_length_mm": 50.0,
    "orientation": 6,
    "software": "Firmware 1.1.1",
    "artist": "Ada",
    "copyright": "(c) Ada",
    "rating": 4,
    "keywords": ["river", "tree", "boat"],
}


def test_what_people_ask_for_are_columns(pixlake, tmp_path):
    photos = tmp_path / "photos"
    photo, bare = Photo(photos / "set.jpg", 1), photos / "bare.png"
    Image.new("RGB", (9, 9)).save(bare)
    words = [f"-{tag}={value}" for tag, value in SET.items()]
    kinds = ("IPTC:Keywords=river", "IPTC:Keywords=tree", "XMP-dc:Subject=tree", "XMP-dc:Subject=boat")
    keywords = [f"-{kind}" for kind in kinds]
    subprocess.run(["exiftool", "-q", "-overwrite_original", *words, *keywords, photo], check=True)

    def Check(lake):
        rows = {row["url"].split("/")[-1]: row for row in Rows(lake, "raw.metadata")}
        assert {name: rows["set.jpg"][name] for name in COLUMNS} == COLUMNS
        assert all(rows["bare.png"][name] is None for name in COLUMNS)
        asked = "SELECT url FROM raw.metadata WHERE 'boat' IN keywords AND taken_at < '2008-03-07 10:00:00+00'"
        answer = pixlake("sql", asked, "--lake", lake, "--format", "csv").stdout.split()
        assert len(answer) == 2 and answer[1].endswith("set.jpg")
        pixlake("table", "check", "raw.metadata", "--lake", lake)

    pixlake("ingest", photos, "--lake", tmp_path / "plain")
    Check(tmp_path / "plain")
    pixlake("ingest", photos, "--lake", tmp_path / "boxed", "--sandbox")
    Check(tmp_path / "boxed")
    pixlake("init", tmp_path / "listed")
    pixlake("metadata", photos, "--success", "raw.metadata", "--lake", tmp_path / "listed")
    Check(tmp_path / "listed")


def test_what_no_table_of_the_lake_takes_is_said(pixlake, tmp_path):
    listed = WriteList(tmp_path / "list.csv", [])
    sink = ["--failure", tmp_path / "failed"]
    outcome = pixlake("metadata", listed, "--success", "raw.metadata", *sink, status=2)
    assert "--lake" in outcome.stderr
    outcome = pixlake("metadata", listed, "--success", "raw.images", *sink, status=2)
    assert "raw.metadata" in outcome.stderr
    outcome = pixlake("metadata", listed, "--success", tmp_path / "good", "--failure", "raw.quarantine", status=2)
    assert "not into the lake" in outcome.stderr
    assert not (tmp_path / "failed").exists()


def test_full_checks_and_the_sandbox_say_the_same_of_a_list(pixlake, tmp_path):
    photos = [Photo(tmp_path / f"photos/{i}.jpg", i, (i, -i)) for i in range(1, 5)]
    damaged = tmp_path / "damaged.png"
    damaged.write_bytes(Png(40, 30, rows=29))  # no header tells that a row is missing
    listed = WriteList(tmp_path / "list.csv", [*photos, damaged])

    def Run(name, *options, status=0):
        outcome = pixlake(
            *["metadata", listed, "--success", tmp_path / name, "--failure", tmp_path / f"{name}-failed"],
            *[*options, "--json"],
            status=status,
        )
        failed = {row["url"]: row["code"] for row in Lines(tmp_path / f"{name}-failed")}
        return outcome.json, sorted(Lines(tmp_path / name), key=lambda row: row["url"]), failed

    report, plain, _ = Run("plain")
    assert report["succeeded"] == 5
    _, boxed, _ = Run("boxed", "--sandbox")
    assert boxed == plain
    report, full, failed = Run("full", "--check", "full", status=3)
    assert set(failed) == {str(damaged)} and failed[str(damaged)] in ("corrupt", "truncated_at")
    assert full == [row for row in plain if row["url"] not in failed]
    _, boxed, failed_there = Run("full-boxed", "--check", "full", "--sandbox", status=3)
    assert (boxed, failed_there) == (full, failed)
    sqlite = f"sqlite:{tmp_path / 'found.db'}"
    options = ["--check", "full", "--sandbox", "--json"]
    # One database, the tables by their usual names.
    outcome = pixlake("metadata", listed, "--success", sqlite, "--failure", sqlite, *options, status=3)
    assert outcome.json["succeeded"] == 4
    outcome = pixlake(
        "metadata", listed, "--success", f"{sqlite}?table=a", "--failure", f"{sqlite}?table=b", *options, status=3
    )
    assert outcome.json["succeeded"] == 4
