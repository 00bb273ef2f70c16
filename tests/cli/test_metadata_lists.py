"""`pixlake metadata`: lists of local images to JSON lines and databases, run again, interrupted."""

import gzip
import hashlib
import json
import signal
import sqlite3
import time
from pathlib import Path

import pytest
from conftest import Stop
from PIL import Image


def Photos(folder, count, size=(12, 8)):
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for i in range(count):
        image = Image.new("RGB", size, (i % 256, 0, 0))
        exif = image.getexif()
        exif[0x010F] = f"Maker {i}"
        path = folder / f"photo {i}.jpg"
        image.save(path, exif=exif)
        paths.append(path)
    return paths


def WriteList(path, urls, column="url"):
    path.write_text(f"n,{column}\n" + "".join(f'{i},"{url}"\n' for i, url in enumerate(urls)))
    return path


def Lines(folder):
    """Every object of every part file; the files must be whole."""
    found = []
    for part in sorted(folder.glob("*.jsonl")):
        text = part.read_text()
        assert text.endswith("\n")
        found += [json.loads(line) for line in text.splitlines()]
    return found


def test_every_image_is_a_row_here_or_there(pixlake, tmp_path):
    photos = Photos(tmp_path / "photos", 5)
    (tmp_path / "cut.jpg").write_bytes(photos[0].read_bytes()[:-80])
    (tmp_path / "page.jpg").write_text("<html>no</html>")
    urls = [*photos[:3], photos[3].as_uri(), "photos/photo 4.jpg"]
    urls += [tmp_path / "cut.jpg", tmp_path / "page.jpg", tmp_path / "missing.jpg", tmp_path, "ftp://h/a.jpg"]
    listed = WriteList(tmp_path / "list.csv", urls, "image url")
    outcome = pixlake(
        *["metadata", listed, "--url-column", "image url", "--json", "--success", "good", "--failure", "bad"],
        status=3,
        cwd=tmp_path,
    )
    assert (outcome.json["listed"], outcome.json["succeeded"], outcome.json["failed"]) == (10, 5, 5)
    good = {row["url"]: row for row in Lines(tmp_path / "good")}
    assert set(good) == set(map(str, urls[:5]))
    assert good[str(urls[3])]["exif"]["IFD0"]["Make"] == "Maker 3"
    inspected = pixlake("inspect", "--json", photos[0]).json["images"][0]
    inspected.pop("path")
    row = good[str(photos[0])]
    assert (row.pop("url"), row.pop("id")) == (str(photos[0]), None)
    assert row == inspected
    bad = {row["url"]: row for row in Lines(tmp_path / "bad")}
    codes = {str(url): bad[str(url)]["code"] for url in urls[5:]}
    assert list(codes.values()) == ["truncated_at", "mislabelled", "not_found", "unsupported", "unsupported"]
    assert bad[str(tmp_path / "cut.jpg")]["offset"] == (tmp_path / "cut.jpg").stat().st_size
    assert bad["ftp://h/a.jpg"].keys() == {"url", "code", "message", "offset", "attempts", "http_status"}
    assert outcome.json["codes"] == {"mislabelled": 1, "not_found": 1, "truncated_at": 1, "unsupported": 2}


def test_a_second_run_does_only_what_failed(pixlake, tmp_path):
    photos = Photos(tmp_path / "photos", 4)
    late = tmp_path / "late.jpg"
    listed = WriteList(tmp_path / "list.csv", [*photos, late, photos[0]])
    command = ["metadata", listed, "--json", "--success", tmp_path / "good", "--failure", tmp_path / "bad"]
    first = pixlake(*command, status=3).json
    assert (first["succeeded"], first["failed"], first["repeated"]) == (4, 1, 1)
    # Somebody else's failures stay.
    (tmp_path / "bad/part-other.jsonl").write_text('{"url": "elsewhere.jpg", "code": "io"}\n')
    late.write_bytes(photos[0].read_bytes())
    second = pixlake(*command).json
    assert (second["succeeded"], second["failed"], second["done_before"], second["repeated"]) == (1, 0, 4, 1)
    assert sorted(row["url"] for row in Lines(tmp_path / "good")) == sorted(map(str, [*photos, late]))
    assert [row["url"] for row in Lines(tmp_path / "bad")] == ["elsewhere.jpg"]
    assert pixlake(*command).json["succeeded"] == 0


def test_the_id_is_the_sha256_and_large_files_agree_with_inspect(pixlake, tmp_path):
    large = tmp_path / "large.jpg"
    Image.effect_noise((1500, 1500), 100).save(large, quality=95)
    assert large.stat().st_size > 1 << 20
    tail = tmp_path / "tail.jpg"
    tail.write_bytes(large.read_bytes() + b"\0" * 20000)
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(large.read_bytes()[:-3])
    listed = WriteList(tmp_path / "list.csv", [large, tail, cut])
    pixlake("metadata", listed, "--success", tmp_path / "a", "--failure", tmp_path / "b", status=3)
    pixlake("metadata", listed, "--id", "--success", tmp_path / "c", "--failure", tmp_path / "d", status=3)
    inspected = pixlake("inspect", "--json", large, tail, status=None).json["images"]
    for row, with_id, other in zip(Lines(tmp_path / "a"), Lines(tmp_path / "c"), inspected):
        path = other.pop("path")
        assert with_id.pop("id") == hashlib.sha256(Path(path).read_bytes()).hexdigest()
        row.pop("id")
        assert row == with_id == {"url": path, **other}
    assert [row["code"] for row in Lines(tmp_path / "b")] == ["truncated_at"]


def test_no_more_of_a_jpeg_is_read_than_its_headers_need(pixlake, tmp_path):
    large = tmp_path / "large.jpg"
    Image.effect_noise((3000, 3000), 100).save(large, quality=95)
    listed = WriteList(tmp_path / "list.csv", [large])
    trace = tmp_path / "trace"
    command = ["metadata", listed, "--success", tmp_path / "a", "--failure", tmp_path / "b"]
    strace = ["strace", "-ff", "-y", "-e", "trace=pread64,read,mmap", "-o", trace]
    try:
        pixlake(*command, prefix=strace)
    except FileNotFoundError:
        pytest.skip("NO STRACE: it is not installed")
    # One file a thread, so that no line is cut by another's.
    lines = [line for part in tmp_path.glob("trace.*") for line in part.read_text().splitlines()]
    read = [int(line.rsplit("=", 1)[1]) for line in lines if "large.jpg" in line and "= " in line]
    assert 0 < sum(read) < 128 << 10


@pytest.mark.parametrize("pack", [False, True])
def test_lists_in_other_dress(pixlake, tmp_path, pack):
    photo = Photos(tmp_path / "photos", 1)[0]
    texts = {
        "tab": f"id\turl\r\n1\t{photo}\r\n".encode(),
        "bom": f"url;id\n{photo};1\n".encode("utf-8-sig"),
        "utf16": f"id,url\n1,{photo}\n".encode("utf-16"),
        "latin1": f"größe,url\n1,{photo}\n".encode("latin-1"),
        "empty": b"\n" * 1000000 + f"id,url\n1,{photo}\n".encode() + b"\n" * 1000000,
    }
    for name, text in texts.items():
        listed = tmp_path / f"{name}.csv"
        listed.write_bytes(gzip.compress(text) if pack else text)
        outcome = pixlake(
            "metadata", listed, "--json", "--success", tmp_path / name / "good", "--failure", tmp_path / name / "bad"
        )
        assert outcome.json["succeeded"] == 1, name


def test_what_is_wrong_with_a_list_is_said(pixlake, tmp_path):
    outputs = ["--success", tmp_path / "good", "--failure", tmp_path / "bad"]
    listed = WriteList(tmp_path / "list.csv", ["a.jpg"], "address")
    missing = pixlake("metadata", listed, *outputs, status=2)
    assert "has no column 'url'; there are: 'n', 'address'" in missing.stderr
    (tmp_path / "mixed.csv").write_text("id,url\n1,a.jpg\n2;b.jpg\n")
    mixed = pixlake("metadata", tmp_path / "mixed.csv", *outputs, status=1)
    assert "delimited by ';', the header by ','" in mixed.stderr
    (tmp_path / "empty.csv").write_bytes(b"")
    assert "is empty" in pixlake("metadata", tmp_path / "empty.csv", *outputs, status=2).stderr
    assert pixlake("metadata", tmp_path / "none.csv", *outputs, "--json", status=1).json["error"]["code"] == "not_found"
    same = pixlake("metadata", listed, "--success", "x", "--failure", "x", status=2)
    assert "a place of its own" in same.stderr
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(b"url\n" + b"a.jpg\n" * 100000)[:200])
    pixlake("metadata", tmp_path / "cut.csv.gz", *outputs, status=1)


def test_rows_of_a_database(pixlake, tmp_path):
    photos = Photos(tmp_path / "photos", 30)
    listed = WriteList(tmp_path / "list.csv", [*photos, tmp_path / "late.jpg"])
    database = tmp_path / "out.db"
    command = ["metadata", listed, "--json", "--success", f"sqlite:{database}?table=good images"]
    command += ["--failure", f"sqlite:{database}"]
    assert pixlake(*command, status=3).json["succeeded"] == 30
    with sqlite3.connect(database) as connection:
        rows = connection.execute('SELECT url, width, mode, document FROM "good images" ORDER BY url').fetchall()
        assert [row[0] for row in rows] == sorted(map(str, photos))
        assert {row[1:3] for row in rows} == {(12, "RGB")}
        assert json.loads(rows[0][3])["exif"]["IFD0"]["Make"] == "Maker 0"
        assert connection.execute("SELECT code FROM failures").fetchall() == [("not_found",)]
    (tmp_path / "late.jpg").write_bytes(photos[0].read_bytes())
    again = pixlake(*command).json
    assert (again["succeeded"], again["done_before"]) == (1, 30)
    with sqlite3.connect(database) as connection:
        assert connection.execute('SELECT count(*) FROM "good images"').fetchone() == (31,)
        assert connection.execute("SELECT count(*) FROM failures").fetchone() == (0,)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_it_leaves_whole_parts_and_finishes_later(pixlake, tmp_path, how):
    photo = Photos(tmp_path / "photos", 1)[0]
    links = []
    for i in range(40000):
        link = tmp_path / "photos" / f"{i}.jpg"
        link.symlink_to(photo)
        links.append(link)
    listed = WriteList(tmp_path / "list.csv", links)
    command = ["metadata", listed, "--threads", "1", "--success", tmp_path / "good", "--failure", tmp_path / "bad"]
    process = pixlake.Start(*command)
    time.sleep(0.15)
    Stop(process, how)
    done = [row["url"] for row in Lines(tmp_path / "good")]
    assert len(done) == len(set(done))
    pixlake(*command)
    assert sorted(row["url"] for row in Lines(tmp_path / "good")) == sorted(map(str, links))
