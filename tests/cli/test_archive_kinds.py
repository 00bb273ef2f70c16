"""Archives as others make them: what is in front and behind, links, names, packings; judged by Python and tar."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import struct
import tarfile
import zipfile

import numpy as np
import pytest
from conftest import WriteIdx
from ingest_lake import Places, Png, Rows, Sha256


def Tar(path, members, mode="w", **options):
    with tarfile.open(path, mode, **options) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            if isinstance(data, str):
                info.type, info.linkname = tarfile.LNKTYPE, data
                tar.addfile(info)
            else:
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return path


def Zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def Ingest(pixlake, lake, *arguments, status=0):
    return pixlake("ingest", *arguments, "--lake", lake, "--json", status=status).json


def Members(lake) -> dict[str, dict]:
    return {uri.split("#", 1)[1]: row for uri, row in Places(lake).items() if "#" in uri}


PAIR = [("a.png", Png(seed=1)), ("b/c.png", Png(seed=2))]


@pytest.mark.parametrize("offsets", ["from the beginning", "from the zip's own"])
@pytest.mark.parametrize("front", [b"#!/bin/sh\nexit\n", b"MZ" + bytes(5000), b"PK\7\x08", b"x"])
def test_zips_behind_other_bytes(pixlake, tmp_path, front, offsets):
    path = tmp_path / "self-extracting"
    if offsets == "from the beginning":
        path.write_bytes(front)
        with zipfile.ZipFile(path, "a") as archive:
            for name, data in PAIR:
                archive.writestr(name, data)
    else:
        path.write_bytes(front + Zip(tmp_path / "a.zip", PAIR).read_bytes())
    assert zipfile.ZipFile(path).namelist() == ["a.png", "b/c.png"]
    report = Ingest(pixlake, tmp_path / "lake", path)
    assert (report["images"], report["binary"]) == (2, 0)
    assert {name: row["id"] for name, row in Members(tmp_path / "lake").items()} == {
        name: Sha256(data) for name, data in PAIR
    }


def test_an_image_with_a_zip_behind_it_is_an_image(pixlake, tmp_path):
    path = tmp_path / "both.png"
    path.write_bytes(Png(seed=3) + Zip(tmp_path / "a.zip", PAIR).read_bytes())
    Ingest(pixlake, tmp_path / "lake", path, status=None)
    assert Members(tmp_path / "lake") == {}


@pytest.mark.parametrize("packing", ["", "gz"])
@pytest.mark.parametrize("behind", [b"\n", b"x" * 512, b"garbage " * 5000, bytes(511) + b"\n"])
def test_bytes_behind_a_tars_end_are_told_and_left_out(pixlake, tmp_path, packing, behind):
    tar = Tar(tmp_path / "plain.tar", PAIR).read_bytes() + behind
    path = tmp_path / "a.tar"
    path.write_bytes(gzip.compress(tar) if packing else tar)
    with tarfile.open(path) as judge:
        assert judge.getnames() == ["a.png", "b/c.png"]
    report = Ingest(pixlake, tmp_path / "lake", path)
    assert (report["images"], report["quarantined"]) == (2, 0)
    (note,) = report["notes"]
    assert "behind the archive's end marker" in note
    assert Ingest(pixlake, tmp_path / "lake", path)["batches"] == 0


def test_a_tar_behind_a_tars_end_is_members_and_damage_is_damage(pixlake, tmp_path):
    first, second = (Tar(tmp_path / f"{i}.tar", [pair]).read_bytes() for i, pair in enumerate(PAIR))
    (tmp_path / "both.tar").write_bytes(first + second)
    report = Ingest(pixlake, tmp_path / "lake", tmp_path / "both.tar")
    assert (report["images"], report["notes"]) == (2, [])
    # A header that was overwritten by zeros is no end: what follows it is lost otherwise.
    hole = bytearray(Tar(tmp_path / "h.tar", [*PAIR, ("d.png", Png(seed=4))]).read_bytes())
    hole[1024:1536] = bytes(512)
    (tmp_path / "hole.tar").write_bytes(hole)
    report = Ingest(pixlake, tmp_path / "holes", tmp_path / "hole.tar", status=3)
    assert report["verdicts"] == {"corrupt": 1}
    whole = bytearray(Tar(tmp_path / "c.tar", PAIR).read_bytes())
    whole[1024 + 148 : 1024 + 156] = b"7777777\0"
    (tmp_path / "damaged.tar").write_bytes(whole)
    report = Ingest(pixlake, tmp_path / "other", tmp_path / "damaged.tar", status=3)
    (row,) = Rows(tmp_path / "other", "raw.quarantine")
    assert row["verdict"] == "corrupt" and "INTERNAL" not in row["message"] and "after member 1" in row["message"]


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_hard_links_have_their_targets_content_and_their_own_label(pixlake, tmp_path, mode):
    large = bytes(20 << 20)
    members = [
        ("cat/a.png", Png(seed=1)),
        ("dog/b.png", "cat/a.png"),
        ("cow/c.png", "dog/b.png"),
        ("cat/a.png", Png(seed=2)),
        ("bee/d.png", "cat/a.png"),
        ("early.png", "late.png"),
        ("late.png", Png(seed=3)),
        ("none.png", "nowhere.png"),
        ("big.bin", large),
        ("big2.bin", "big.bin"),
        ("big3.bin", "big.bin"),
    ]
    path = Tar(tmp_path / "a.tar", members, mode)
    report = Ingest(pixlake, tmp_path / "lake", path, "--label-from-folder", status=3)
    assert (report["images"], report["quarantined"], report["binary"]) == (3, 1, 1)
    found = Members(tmp_path / "lake")
    one, two, three = (Sha256(Png(seed=i)) for i in (1, 2, 3))
    assert {name: row["id"] for name, row in found.items() if ".png" in name} == {
        "cat/a.png": one,
        "dog/b.png": one,
        "cow/c.png": one,
        "cat/a.png@2": two,
        "bee/d.png": two,
        "early.png": three,
        "late.png": three,
        "none.png": None,
    }
    assert found["big2.bin"]["id"] == found["big3.bin"]["id"] == Sha256(large)
    assert [found[name]["label"] for name in ("dog/b.png", "cow/c.png")] == ["dog", "cow"]
    (row,) = Rows(tmp_path / "lake", "raw.quarantine")
    assert "hard link to nowhere.png" in row["message"]
    assert list((tmp_path / "lake/_pixlake/tmp").glob("*")) == []


def test_samples_are_labelled_whatever_their_image_is_called(pixlake, tmp_path):
    names = ["avif", "heic", "hif", "heics", "avifs", "jfif", "jpe", "apng", "img", "JPG", "dib", "tiff", "bin"]
    members = [(f"{i:03}.{part}", data) for i, name in enumerate(names)
               for part, data in ((name, Png(seed=i)), ("cls", str(i).encode()))]  # fmt: skip
    members += [("099.png", "000.avif"), ("099.cls", b"99")]
    path = Tar(tmp_path / "shard.tar", members)
    Ingest(pixlake, tmp_path / "lake", path, status=None)
    found = Members(tmp_path / "lake")
    assert {f"{i:03}.{name}": found[f"{i:03}.{name}"]["label"] for i, name in enumerate(names)} == {
        f"{i:03}.{name}": str(i) for i, name in enumerate(names)
    }
    assert found["099.png"]["label"] == "99"


@pytest.mark.parametrize("kind", ["xz", "bz2"])
def test_tars_in_xz_and_bzip2(pixlake, tmp_path, kind):
    path = Tar(tmp_path / f"a.tar.{kind}", PAIR, f"w:{kind}")
    assert Ingest(pixlake, tmp_path / "lake", path)["images"] == 2
    folder = tmp_path / "folder"
    folder.mkdir()
    path.rename(folder / path.name)
    assert Ingest(pixlake, tmp_path / "walked", folder)["images"] == 2
    bytes_ = (folder / path.name).read_bytes()
    (tmp_path / "cut").write_bytes(bytes_[: len(bytes_) // 2])
    Ingest(pixlake, tmp_path / "cut-lake", tmp_path / "cut", status=None)


def test_what_is_not_looked_into_is_said_aloud(pixlake, tmp_path):
    inner = Tar(tmp_path / "inner.tar", PAIR).read_bytes()
    path = Zip(tmp_path / "a.zip", [("x.png", Png()), ("inner.tar", inner), ("y.png.gz", gzip.compress(Png(seed=9)))])
    report = Ingest(pixlake, tmp_path / "lake", path)
    assert (report["images"], report["binary"], len(report["notes"])) == (1, 2, 2)
    assert all("not looked into" in note for note in report["notes"])
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "photos.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(100))
    assert "photos.7z" in Ingest(pixlake, tmp_path / "other", folder)["notes"][0]
    assert Ingest(pixlake, tmp_path / "other", folder)["notes"] == []


@pytest.mark.parametrize("raw", ["Grüße é.png".encode("cp437"), "日本.png".encode("shift_jis"), "ä日.png".encode()])
def test_names_in_zips_without_the_utf8_flag(pixlake, tmp_path, raw):
    placeholder = "a" * (len(raw) - 4) + ".png"
    path = Zip(tmp_path / "a.zip", [(placeholder, Png(seed=1)), ("ü.png", Png(seed=2))])
    path.write_bytes(path.read_bytes().replace(placeholder.encode(), raw))
    # Judge: zipfile, but for UTF-8 that does not say so, which it takes for code page 437.
    judge = zipfile.ZipFile(path).namelist()
    with contextlib.suppress(UnicodeDecodeError):
        judge[0] = raw.decode()
    report = Ingest(pixlake, tmp_path / "lake", path)
    assert (report["images"], report["notes"]) == (2, [])
    assert sorted(row["filename"] for row in Rows(tmp_path / "lake", "raw.images")) == sorted(judge)


def test_a_name_that_lies_about_utf8_is_told(pixlake, tmp_path):
    path = Zip(tmp_path / "a.zip", [("üü.png", Png(seed=1))])
    path.write_bytes(path.read_bytes().replace("üü.png".encode(), b"\xfc\xfc\xfc\xfc.png"))
    report = Ingest(pixlake, tmp_path / "lake", path, status=None)
    assert "unnamed-1" in report["notes"][0]


def test_limits_of_archives_have_options(pixlake, tmp_path):
    path = Tar(tmp_path / "a.tar", [("big.bin", bytes(3 << 20)), ("a.png", Png())])
    report = Ingest(pixlake, tmp_path / "lake", path, "--max-member", "2MB", status=3)
    assert report["verdicts"] == {"bomb": 1}
    (row,) = Rows(tmp_path / "lake", "raw.quarantine")
    assert "--max-member" in row["message"]
    assert Ingest(pixlake, tmp_path / "more", path, "--max-member", "4MB")["binary"] == 1


def Idx(path, array, kind):
    header = struct.pack(">HBB", 0, kind, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()))


def test_qmnists_labels_and_names_in_capitals(pixlake, tmp_path):
    pixels = np.arange(4 * 6, dtype=np.uint8).reshape(4, 2, 3)
    numbers = np.arange(32, dtype=">i4").reshape(4, 8)
    numbers[:, 0] = [7, 2, 1, 0]
    (tmp_path / "q").mkdir()
    WriteIdx(tmp_path / "q/qmnist-test-images-idx3-ubyte.gz", pixels)
    Idx(tmp_path / "q/qmnist-test-labels-idx2-int.gz", numbers, 0x0C)
    report = Ingest(pixlake, tmp_path / "lake", tmp_path / "q")
    assert (report["images"], report["binary"]) == (4, 0)
    found = Members(tmp_path / "lake")
    assert [found[str(i)]["label"] for i in range(4)] == ["7", "2", "1", "0"]
    assert json.loads(found["1"]["attributes"])["writer_id"] == 10
    (tmp_path / "u").mkdir()
    WriteIdx(tmp_path / "u/TRAIN-IMAGES-IDX3-UBYTE.GZ", pixels)
    WriteIdx(tmp_path / "u/TRAIN-LABELS-IDX1-UBYTE.GZ", np.array([3, 1, 4, 1], np.uint8))
    report = Ingest(pixlake, tmp_path / "upper", tmp_path / "u")
    assert (report["images"], report["binary"]) == (4, 0)
    assert [Members(tmp_path / "upper")[str(i)]["label"] for i in range(4)] == ["3", "1", "4", "1"]
    # Labels of another shape are not taken for them.
    Idx(tmp_path / "q/qmnist-test-labels-idx2-int.gz", numbers[:, :5], 0x0C)
    report = Ingest(pixlake, tmp_path / "odd", tmp_path / "q", status=3)
    assert report["verdicts"] == {"corrupt": 1}


@pytest.mark.parametrize("tail", [bytes(30), b"garbage"])
def test_gzip_with_a_tail_is_read_the_same_everywhere(pixlake, tmp_path, tail):
    folder = tmp_path / "idx"
    folder.mkdir()
    WriteIdx(folder / "train-images-idx3-ubyte.gz", np.zeros((2, 2, 2), np.uint8) + np.uint8([[[1]], [[2]]]))
    WriteIdx(folder / "train-labels-idx1-ubyte.gz", np.array([5, 6], np.uint8))
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes() + tail)
    report = Ingest(pixlake, tmp_path / "lake", folder)
    assert report["images"] == 2 and len(report["notes"]) == (2 if tail.strip(b"\0") else 0)
    (tmp_path / "0.png").write_bytes(Png())
    listed = tmp_path / "list.csv.gz"
    listed.write_bytes(gzip.compress(f"url\n{tmp_path}/0.png\n".encode()) + tail)
    outs = ["--success", tmp_path / "s", "--failure", tmp_path / "f", "--json"]
    assert pixlake("metadata", listed, *outs).json["succeeded"] == 1
    tar = tmp_path / "a.tar.gz"
    Tar(tar, PAIR, "w:gz")
    tar.write_bytes(tar.read_bytes() + tail)
    assert Ingest(pixlake, tmp_path / "tars", tar)["images"] == 2
