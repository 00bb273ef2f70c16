"""Images on which other tools' users met a fault: what must be said of each, by independent judges.

The inputs stand in `../shared/reports/images` (PIXLAKE_REPORTS), each folder with a README that names
the command, what must come out and who says so. Our own small inputs of the same kinds are in the
modules' unit tests and in test_verdicts.py.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image, ImageOps

REPORTS = Path(os.environ.get("PIXLAKE_REPORTS", ROOT.parent / "shared/reports"))

# By folder: patterns of files, options, and what the described image has: members by their path
# ("exif.IFD0.Make"), notes that there must be ("+code") or must not be ("-code").
EXPECTED: list[tuple[str, str, list[str], dict]] = [
    ("avif-alpha-on-tiles", "*.avif", [], {"mode": "RGBA", "channels": 4, "verdict": "ok"}),
    ("bmp-64bit", "*.bmp", [], {"verdict": "unsupported"}),
    ("bmp-64bit", "*.bmp", ["--check", "full"], {"verdict": "unsupported"}),
    ("exif-first-segment-unusable", "*.jpg", [], {"exif.IFD0.Make": "Maker", "+": ["damaged_exif"]}),
    ("full-fax-tiff", "*.tif*", ["--check", "full"], {"verdict": "ok"}),
    ("full-ifd-without-image", "*.tif", [], {"verdict": "ok", "+": ["irregular_structure"]}),
    ("full-ifd-without-image", "*.tif", ["--check", "full"], {"verdict": "ok", "+": ["irregular_structure"]}),
    ("full-old-jpeg-tiff", "*.tiff", ["--check", "full"], {"verdict": "ok"}),
    ("gif-nul-between-blocks", "*.gif", [], {"verdict": "ok", "+": ["irregular_structure"]}),
    ("gif-nul-between-blocks", "*.gif", ["--check", "full"], {"verdict": "ok", "+": ["irregular_structure"]}),
    ("gps-altitude-sign-twice", "*.jpg", [], {"gps.altitude": -40.3}),
    ("gps-impossible-time", "*.jpg", [], {"gps.timestamp": None, "+": ["gps_out_of_range"]}),
    ("heic-icc-on-tiles", "*.heic", [], {"icc.description": "sRGB built-in"}),
    ("heic-name-note", "*.heic", [], {"verdict": "ok", "-": ["mislabelled_name"]}),
    ("heif-aux-metadata", "*.avif", [], {"xmp.dc:source": "primary"}),
    ("heif-mini", "*", [], {"verdict": "unsupported"}),
    ("heif-pixi-one-channel", "avif32.heif", [], {"mode": "RGB"}),
    ("heif-pixi-one-channel", "rainbow-*.heic", [], {"mode": "RGB"}),
    ("heif-pixi-one-channel", "with-alpha-*.heic", [], {"mode": "RGBA"}),
    ("hif-name", "*", [], {"verdict": "mislabelled"}),
    ("tiff-iptc-swapped", "*_swapped.tif", [], {"+": ["iptc_swapped"]}),
    ("tiff-iptc-swapped", "*.tif", [], {"iptc.Keywords": ["river"], "iptc.Caption-Abstract": "A caption."}),
    ("tiff-next-ifd-garbage", "*.tif", ["--check", "full"], {"verdict": "ok", "+": ["irregular_structure"]}),
    ("tiff-tiles-in-strip-tags", "*.tif", [], {"verdict": "ok"}),
    ("tiff-tiles-in-strip-tags", "*.tif", ["--check", "full"], {"verdict": "ok"}),
    ("usercomment-byte-order", "*_cyr.jpg", [], {"exif.Exif.UserComment": "Кириллица"}),
    ("usercomment-byte-order", "*_lat.jpg", [], {"exif.Exif.UserComment": "A quiet street, in spring"}),
    ("xmp-second-packet", "*.jpg", [], {"xmp.dc:subject": ["river"], "xmp.xmp:Rating": "4", "+": ["second_xmp"]}),
]


@pytest.fixture(scope="module")
def images() -> Path:
    folder = REPORTS / "images"
    if not folder.is_dir():
        pytest.skip(f"NO REPORTS: {folder} is not there; set PIXLAKE_REPORTS to run this test")
    return folder


def Member(described: dict, path: str):
    value = described
    for key in path.split("."):
        value = value[key]
    return value


@pytest.mark.parametrize(("folder", "pattern", "options", "expected"), EXPECTED, ids=lambda v: str(v)[:40])
def test_each_report_is_answered(pixlake, images, folder, pattern, options, expected):
    files = sorted(path for path in (images / folder).glob(pattern) if path.name != "README")
    assert files, f"{folder} has no {pattern}"
    described = pixlake("inspect", "--json", *options, *files, status=None).json["images"]
    assert len(described) == len(files)
    for image in described:
        notes = {note["code"] for note in image["notes"]}
        assert notes >= set(expected.get("+", ())), image
        assert not notes & set(expected.get("-", ())), image
        for path, value in expected.items():
            if path not in "+-":
                assert Member(image, path) == value, f"{image['path']}: {path}\n{image}"


def test_names_of_heif_claim_an_image(pixlake, images, tmp_path):
    lake = tmp_path / "lake"
    report = pixlake("ingest", images / "hif-name", "--lake", lake, "--json", status=None)
    assert report.status == 3
    report = pixlake("ingest", images / "heif-mini", "--lake", tmp_path / "mini", "--json", status=None)
    assert "video" not in report.stdout + report.stderr
    listed = pixlake("sql", "SELECT verdict FROM raw.quarantine", "--lake", tmp_path / "mini", "--format", "csv")
    assert set(listed.stdout.split()[1:]) <= {"unsupported", "mislabelled"}  # the README is text


def test_show_turns_what_is_stored_turned(pixlake, images, tmp_path):
    for path in sorted((images / "show-orientation").glob("30_*.jpg")) + sorted(
        (images / "show-orientation").glob("31_*.png")
    ):
        folder = tmp_path / path.stem
        folder.mkdir()
        (folder / path.name).write_bytes(path.read_bytes())
        pixlake("ingest", folder, "--lake", folder / "lake")
        pixlake("show", "raw.images", "--lake", folder / "lake", "--output", folder / "sheet.png")
        with Image.open(path) as stored, Image.open(folder / "sheet.png") as sheet:
            upright = np.asarray(ImageOps.exif_transpose(stored).convert("RGB")).astype(int)
            shown = np.asarray(sheet.convert("RGB")).astype(int)[2:-2, 2:-2]
        assert shown.shape == upright.shape, path
        assert np.abs(shown - upright).mean() < 6, path


def test_the_reports_are_all_told_of(images):
    """A folder of this part of the reports that no row above speaks of has been forgotten."""
    kinds = (
        "avif-",
        "bmp-6",
        "exif-",
        "full-",
        "gif-",
        "gps-",
        "heic-",
        "heif-",
        "hif-",
        "tiff-",
        "usercomment-",
        "xmp-",
    )
    folders = {path.name for path in images.iterdir() if path.name.startswith(kinds)}
    assert folders <= {folder for folder, *_ in EXPECTED}


def Oriented(kind: str, orientation: int, **options) -> bytes:
    pixels = np.zeros((24, 40, 3), np.uint8)
    pixels[:12, :20] = (250, 10, 20)
    pixels[:12, 20:] = (30, 240, 40)
    pixels[12:, :20] = (50, 60, 230)
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, exif=exif, **options)
    return out.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {"quality": 95, "subsampling": 0}), ("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})],
)
def test_thumbnails_stand_as_pillow_turns_them(pixlake, tmp_path, kind, options, orientation):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / f"a.{kind.lower()}"
    path.write_bytes(Oriented(kind, orientation, **options))
    pixlake("ingest", tmp_path / "in", "--lake", tmp_path / "lake")
    pixlake("show", "raw.images", "--lake", tmp_path / "lake", "--output", tmp_path / "sheet.png")
    with Image.open(path) as stored, Image.open(tmp_path / "sheet.png") as sheet:
        upright = np.asarray(ImageOps.exif_transpose(stored).convert("RGB")).astype(int)
        shown = np.asarray(sheet.convert("RGB")).astype(int)[2:-2, 2:-2]
    assert shown.shape == upright.shape
    assert np.abs(shown - upright).mean() < 6
