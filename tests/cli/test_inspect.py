"""`pixlake inspect`: what is printed, for programs and for people, and the exit status."""

import io
import json

import pytest
from PIL import Image


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "photo.jpg"
    image = Image.new("RGB", (12, 8))
    exif = image.getexif()
    exif[0x010F] = "Canon"
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 30.0, 0.0), 3: "E", 4: (151.0, 0.0, 0.0)})
    image.save(path, exif=exif)
    return path


def test_json_is_one_object_with_an_object_a_file(pixlake, photo):
    outcome = pixlake("inspect", "--json", photo, photo)
    assert outcome.stderr == ""
    assert outcome.json["status"] == "ok"
    first, second = outcome.json["images"]
    assert first == second
    assert (first["format"], first["mode"], first["width"], first["height"]) == ("JPEG", "RGB", 12, 8)
    assert first["exif"]["IFD0"]["Make"] == "Canon"
    assert (first["gps"]["latitude"], first["gps"]["longitude"]) == (-33.5, 151.0)
    assert (first["verdict"], first["size"]) == ("ok", photo.stat().st_size)


def test_a_person_sees_sections(pixlake, photo):
    text = pixlake("inspect", photo).stdout
    for line in ("  Image", "    verdict    ok", "  EXIF IFD0", "  GPS", "    latitude   -33.5"):
        assert line in text.splitlines(), text


def test_a_damaged_image_is_described_and_exits_with_3(pixlake, photo, tmp_path):
    cut = tmp_path / "cut.png"
    cut.write_bytes(photo.read_bytes()[:-100])
    image = pixlake("inspect", "--json", photo, cut, status=3).json["images"][1]
    assert image["verdict"] == "truncated_at"
    assert image["offset"] == cut.stat().st_size
    assert "mislabelled_name" in [note["code"] for note in image["notes"]]


def test_bytes_that_are_no_image_have_their_verdict(pixlake, tmp_path):
    for name, content, verdict in (
        ("a.jpg", b"<html>", "mislabelled"),
        ("b.jpg", b"", "empty"),
        ("c", b"x", "unsupported"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert pixlake("inspect", "--json", path, status=3).json["images"][0]["verdict"] == verdict


def test_what_cannot_be_read_does_not_hide_the_others(pixlake, photo, tmp_path):
    outcome = pixlake("inspect", "--json", tmp_path / "missing.jpg", photo, tmp_path / "none.png", status=1)
    assert outcome.json["status"] == "error"
    assert outcome.json["error"]["code"] == "not_found"
    assert [image["verdict"] for image in outcome.json["images"]] == ["unreadable", "ok", "unreadable"]


def test_escape_sequences_of_a_file_do_not_reach_the_terminal(pixlake, tmp_path):
    path = tmp_path / "evil.jpg"
    buffer = io.BytesIO()
    Image.new("L", (8, 8)).save(buffer, "JPEG", comment=b"\x1b]0;owned\x07 \xc2\x9b31m")
    path.write_bytes(buffer.getvalue())
    outcome = pixlake("inspect", path)
    assert "\x1b" not in outcome.stdout
    assert "\x9b" not in outcome.stdout
    assert "owned" in json.dumps(pixlake("inspect", "--json", path).json)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jp2", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20)),
        ("a.jxl", b"\xff\x0a" + bytes(20)),
        ("a.psd", b"8BPS\0\1" + bytes(20)),
        ("a.svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'),
        ("a.cr3", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_images_of_other_kinds_are_unsupported_and_not_mislabelled(pixlake, tmp_path, name, content):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / name
    path.write_bytes(content)
    image = pixlake("inspect", "--json", path, status=3).json["images"][0]
    assert (image["verdict"], "not read" in image["message"]) == ("unsupported", True)
    report = pixlake("ingest", tmp_path / "in", "--lake", tmp_path / "lake", "--json", status=3).json
    assert report["verdicts"] == {"unsupported": 1}
