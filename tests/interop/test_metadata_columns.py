"""The columns of raw.metadata beside exiftool, of every image of the corpus that can be read."""

import json
import math
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import deltalake
import pytest
from metadata_corpus import Differences

SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}
TEXTS_DIFFER = {
    "tiff/pillow/old-style-jpeg-compression-no-samplesperpixel.tif: software": (
        "the tag stands there twice: exiftool takes the last, we the first, which is empty"
    ),
}
PLACES_DIFFER = {
    "exif/exiv2/exiv2-bug1229.jpg: keywords": "two packets of XMP: exiftool takes the last, we the first",
}


@pytest.fixture(scope="module")
def described(corpus, pixlake, tmp_path_factory):
    """What we and what exiftool say, by image."""
    paths = [
        path
        for part in ("exif", "photos", "png", "tiff")
        for path in sorted((corpus / part).rglob("*"))
        if path.is_file() and path.suffix.lower() in SUFFIXES
    ]
    if not paths:
        pytest.skip(f"NO CORPUS: {corpus} has no images")
    folder = tmp_path_factory.mktemp("columns")
    listed = folder / "list.csv"
    listed.write_text("url\n" + "".join(f'"{path}"\n' for path in paths))
    pixlake("init", folder / "lake")
    sinks = ["--success", "raw.metadata", "--lake", folder / "lake", "--failure", folder / "failed"]
    pixlake("metadata", listed, *sinks, status=None)
    rows = deltalake.DeltaTable(str(folder / "lake/raw/metadata")).to_pyarrow_table().to_pylist()
    ours = {row["url"]: row for row in rows}
    program = shutil.which("exiftool")
    assert program, "exiftool is missing: run `make setup` first"
    done = subprocess.run(
        [program, "-json", "-G1", "-n", "-a", "-charset", "filename=utf8", "-@", "-"],
        input="\n".join(ours).encode(),
        capture_output=True,
        timeout=300,
    )
    theirs = {answer["SourceFile"]: answer for answer in json.loads(done.stdout)}
    return {url.removeprefix(f"{corpus}/"): (ours[url], theirs[url]) for url in ours}


def Exif(answer: dict, name: str):
    return answer.get(f"ExifIFD:{name}", answer.get(f"IFD0:{name}"))


def Number(value) -> float | None:
    """exiftool's number; a list's first."""
    try:
        number = float(str(value).split(" ")[0])
    except ValueError:
        return None
    return number if math.isfinite(number) else None


NUMBERS = {
    "exposure_s": ("ExposureTime", 0),
    "f_number": ("FNumber", 0),
    "iso": ("ISO", 0),
    "focal_length_mm": ("FocalLength", 0),
    "orientation": ("Orientation", 0),
    "rating": ("Rating", -2),
}
TEXTS = {
    "make": "Make",
    "model": "Model",
    "lens": "LensModel",
    "software": "Software",
    "artist": "Artist",
    "copyright": "Copyright",
}


def test_numbers_are_exiftools(described):
    differences = Differences({})
    for name, (ours, answer) in described.items():
        for column, (tag, above) in NUMBERS.items():
            theirs = Number(Exif(answer, tag))
            if theirs is None or theirs <= above or (column == "orientation" and theirs > 8):
                continue
            mine = ours[column]
            same = mine is not None and math.isclose(mine, theirs, rel_tol=1e-5)
            differences.Compare(name, column, theirs if same else mine, theirs)
    differences.Finish(450)


def test_texts_are_exiftools(described):
    differences = Differences(TEXTS_DIFFER)
    for name, (ours, answer) in described.items():
        for column, tag in TEXTS.items():
            theirs = str(Exif(answer, tag) or "").strip()
            if not theirs or "?" in theirs or Exif(answer, tag) is None:
                continue
            mine = (ours[column] or "").strip()
            # exiftool writes a text of digits as a number, and does not say what is behind a line's end.
            same = mine == theirs or mine.split("\n")[0].strip() == theirs.split("\n")[0].strip()
            same = same or (Number(mine) is not None and Number(mine) == Number(theirs))
            differences.Compare(name, column, theirs if same else mine, theirs)
    differences.Finish(300)


def Wall(text) -> datetime | None:
    try:
        return datetime.strptime(str(text)[:19], "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def test_moments_are_exiftools(described):
    differences, zones = Differences({}), set()
    for name, (ours, answer) in described.items():
        wall = Wall(Exif(answer, "DateTimeOriginal"))
        zones.add(ours["taken_at_zone"])
        if wall is None:
            continue
        mine = ours["taken_at"]
        if mine is None:
            differences.Compare(name, "taken_at", None, wall)
            continue
        fraction = str(Exif(answer, "SubSecTimeOriginal") or "").strip()
        if fraction.isdigit():
            wall += timedelta(seconds=float(f"0.{fraction}"))
        away = (wall - mine).total_seconds()
        if ours["taken_at_zone"] == "unknown":
            differences.Compare(name, "taken_at", away, 0)
        elif ours["taken_at_zone"] == "offset":
            said = Exif(answer, "OffsetTimeOriginal") or Exif(answer, "OffsetTime") or ""
            hours, minutes = (int(part) for part in str(said).split(":"))
            theirs = hours * 3600 + math.copysign(minutes * 60, hours)
            differences.Compare(name, "taken_at", away, theirs)
        else:
            utc = Wall(answer.get("Composite:GPSDateTime"))
            differences.Compare(name, "taken_at", abs((mine - utc).total_seconds()) <= 61 and away % 900 == 0, True)
    differences.Finish(90)
    assert {"unknown", "gps"} <= zones


def test_positions_and_keywords_are_exiftools(described):
    differences = Differences(PLACES_DIFFER)
    for name, (ours, answer) in described.items():
        for column, key in (("latitude", "Composite:GPSLatitude"), ("longitude", "Composite:GPSLongitude")):
            theirs = answer.get(key)
            if not isinstance(theirs, int | float) or not (Exif(answer, "x") or f"GPS:{key[10:]}" in answer):
                continue
            mine = ours[column]
            same = mine is not None and math.isclose(mine, theirs, abs_tol=1e-6)
            differences.Compare(name, column, theirs if same else mine, theirs)
        theirs = []
        for key in ("IPTC:Keywords", "XMP-dc:Subject"):
            words = answer.get(key, [])
            theirs += [str(word).strip() for word in (words if isinstance(words, list) else [words])]
        if theirs:
            differences.Compare(name, "keywords", ours["keywords"], list(dict.fromkeys(theirs)))
    differences.Finish(20)
