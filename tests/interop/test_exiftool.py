"""What we say of images' metadata beside exiftool, run here on every image of the corpus.

Values are compared, not only names: numbers as numbers, texts as texts, bytes by their
count. exiftool is asked for machine-readable values (-n), which it still computes from
what is stored where Exif has it so (degrees, APEX); the same is done with ours here.
A difference that is not listed with its reason fails the test.
"""

import json
import math
import re
import shutil
import subprocess

import pytest
from metadata_corpus import FOLDERS, Corpus, Differences, NameOf

GROUPS = {"IFD0": "IFD0", "ExifIFD": "Exif", "GPS": "GPS", "InteropIFD": "Interop", "IFD1": "IFD1"}

LATIN1 = "the packet declares no character set: exiftool reads Latin-1, the bytes are UTF-8"
THUMBNAIL = "an uncompressed thumbnail: exiftool counts from the file's start, its strips are not looked into by us"
REASONS = {
    "exif/exif-samples/jpg/exif-org/sony-d700.jpg: IFD1.StripOffsets": THUMBNAIL,
    "exif/exiv2/exiv2-kodak-dc210.jpg: IFD1.StripOffsets": THUMBNAIL,
    "exif/metadata-extractor/FujiFilm DS-7 (1).jpg: IFD1.StripOffsets": THUMBNAIL,
    "photos/metadata-extractor/Minolta DiMAGE EX.jpg: IFD1.StripOffsets": THUMBNAIL,
    "png/PngSuite/exif2c08.png: IFD1.JPEGInterchangeFormat": "in a compressed text: exiftool counts in the inflated",
    "exif/exiv2/exiv2-bug1229.jpg: xmp.XMP-dc:Subject": "two packets: exiftool takes the last, we the first",
    "exif/exiv2/exiv2-bug444.jpg: IPTC:CodedCharacterSet": "damaged: bytes that are no text",
    "exif/exiv2/exiv2-bug937.jpg: IPTC:CopyrightNotice": LATIN1,
    "exif/metadata-extractor/Issue 80.jpg: IPTC:CopyrightNotice": LATIN1,
    "tiff/pillow/hopper_webp.tif: IFD0.ImageDescription": "no ASCII: exiftool prints a question mark",
    "tiff/pillow/pport_g4.tif: IFD0.Make": "no ASCII: exiftool prints a question mark",
    "tiff/pillow/old-style-jpeg-compression-no-samplesperpixel.tif: IFD0.Software": (
        "the tag stands there twice: exiftool takes the last, we the first"
    ),
}


@pytest.fixture(scope="module")
def images(corpus) -> Corpus:
    found = Corpus(corpus)
    if not found.paths:
        pytest.skip(f"NO CORPUS: {corpus} has none of {', '.join(FOLDERS)}")
    return found


@pytest.fixture(scope="module")
def theirs(images) -> dict[str, dict]:
    """exiftool's answers by image: "group:name" to {"id", "val"}."""
    program = shutil.which("exiftool")
    assert program, "exiftool is missing: run `make setup` first"
    done = subprocess.run(
        [program, "-json", "-D", "-G1", "-n", "-charset", "filename=utf8", "-@", "-"],
        input="\n".join(map(str, images.paths)).encode(),
        capture_output=True,
        timeout=300,
    )
    answers = json.loads(done.stdout)
    assert len(answers) == len(images.paths), done.stderr[-2000:]
    return {images.Name(path): answer for path, answer in zip(images.paths, answers)}


def Number(pair) -> float:
    numerator, denominator = pair
    return numerator / denominator if denominator else math.nan


def IsRational(value) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(part, int) for part in value)


def Degrees(value) -> float:
    parts = [Number(part) if IsRational(part) else part for part in value]
    return sum(0 if math.isnan(part) else part / 60**power for power, part in enumerate(parts))


# What exiftool computes of a stored value, by name.
COMPUTED = {
    "ShutterSpeedValue": lambda value: 2 ** -Number(value) if abs(Number(value)) < 100 else 0,
    "ApertureValue": lambda value: 2 ** (Number(value) / 2),
    "MaxApertureValue": lambda value: 2 ** (Number(value) / 2),
    "GPSLatitude": Degrees,
    "GPSLongitude": Degrees,
    "GPSDestLatitude": Degrees,
    "GPSDestLongitude": Degrees,
}


def Time(value) -> str:
    hours, minutes, seconds = (Number(part) for part in value)
    return f"{hours:02.0f}:{minutes:02.0f}:{seconds:09.6f}".rstrip("0").rstrip(".")


COMPUTED["GPSTimeStamp"] = Time


def Same(found, expected) -> bool:
    if isinstance(found, dict) or str(expected).startswith("(Binary data "):
        return True  # bytes, or a place: exiftool reads on in them
    if isinstance(expected, str) and isinstance(found, int | float):  # Perl's numbers of over 15 digits
        try:
            expected = float(expected)
        except ValueError:
            return False
    if IsRational(found):
        if expected == f"{found[0]} {found[1]}":  # two integers, and no rational
            return True
        if expected in ("undef", "inf") or isinstance(expected, str):
            return found[1] == 0
        return math.isclose(Number(found), expected, rel_tol=1e-6, abs_tol=1e-9)
    if isinstance(found, int | float) and isinstance(expected, int | float):
        return math.isclose(found, expected, rel_tol=1e-6)
    if isinstance(found, list) and isinstance(expected, str):
        words = expected.split(" ")
        return len(words) == len(found) and all(
            Same(mine, float(word) if word.replace(".", "").replace("-", "").isdigit() else word)
            for mine, word in zip(found, words)
        )
    if isinstance(expected, int | float) and isinstance(found, str):  # a text of digits, which JSON has as a number
        try:
            return float(found) == expected
        except ValueError:
            return False
    return str(found).split("\0")[0].strip() == str(expected).strip()


def CompareExif(name: str, ours: dict, answer: dict, differences: Differences):
    for key, entry in answer.items():
        group = key.split(":")[0]
        if group not in GROUPS or not isinstance(entry, dict) or not isinstance(entry["id"], int):
            continue
        directory = GROUPS[group]
        tag = NameOf(directory, entry["id"])
        mine = ours["exif"].get(directory, {})
        if tag not in mine:
            differences.Compare(name, f"{directory}.{tag}", "not there", entry["val"])
            continue
        # exiftool counts places from the file's start.
        if directory == "IFD1" and tag in ("JPEGInterchangeFormat", "StripOffsets"):
            mine = {**mine, tag: mine.get("thumbnail", {}).get("offset", mine[tag])}
        found = COMPUTED[tag](mine[tag]) if tag in COMPUTED and isinstance(mine[tag], list) else mine[tag]
        same = Same(found, entry["val"])
        differences.Compare(name, f"{directory}.{tag}", entry["val"] if same else found, entry["val"])


def ComparePosition(name: str, ours: dict, answer: dict, differences: Differences):
    """Signed degrees, which exiftool gives only where it has the reference as well."""
    for member, key in (("latitude", "Composite:GPSLatitude"), ("longitude", "Composite:GPSLongitude")):
        if key not in answer:
            continue
        mine = (ours["gps"] or {}).get(member)
        expected = answer[key]["val"]
        same = mine is not None and isinstance(expected, int | float) and math.isclose(mine, expected, abs_tol=1e-6)
        differences.Compare(name, f"gps.{member}", expected if same else mine, expected)


def CompareShape(name: str, ours: dict, answer: dict, differences: Differences):
    if ours["verdict"] != "ok":  # exiftool reads sizes out of damaged headers too
        return
    for member, tag in (("width", "ImageWidth"), ("height", "ImageHeight")):
        for group in ("File", "PNG"):
            if f"{group}:{tag}" in answer:
                differences.Compare(name, f"{group}:{tag}", ours[member], answer[f"{group}:{tag}"]["val"])


def CompareProfile(name: str, ours: dict, answer: dict, differences: Differences):
    entry = answer.get("ICC_Profile:ProfileDescription")
    if entry:
        differences.Compare(name, "icc", (ours["icc"] or {}).get("description"), entry["val"])


def CompareXmp(name: str, ours: dict, answer: dict, differences: Differences):
    for key, entry in answer.items():
        group = key.split(":")[0]
        if group not in ("XMP-dc", "XMP-photoshop") or not isinstance(entry["val"], str) or "/" in str(entry["id"]):
            continue
        mine = ours["xmp"].get(f"{group[4:]}:{entry['id']}")
        if isinstance(mine, list) and len(mine) == 1:
            mine = mine[0]
        if isinstance(mine, str) and re.match(r"\d{4}-\d\d", mine):  # exiftool writes all dates as Exif does
            mine = mine.replace("-", ":", 2).replace("T", " ")
        same = isinstance(mine, str) and mine.strip() == entry["val"].strip()
        differences.Compare(name, f"xmp.{key}", entry["val"] if same else mine, entry["val"])


def CompareIptc(name: str, ours: dict, answer: dict, differences: Differences):
    values = set()
    for value in ours["iptc"].values():
        values.update(str(part).strip() for part in (value if isinstance(value, list) else [value]))
    for key, entry in answer.items():
        if key.startswith("IPTC:") and isinstance(entry["val"], str) and ":" not in entry["val"]:
            found = entry["val"].strip() in values
            differences.Compare(name, key, entry["val"] if found else sorted(values), entry["val"])


def test_exiftool_says_the_same(images, theirs):
    differences = Differences(REASONS)
    for name, answer in theirs.items():
        for compare in (CompareExif, ComparePosition, CompareShape, CompareProfile, CompareXmp, CompareIptc):
            compare(name, images.ours[name], answer, differences)
    differences.Finish(5000)
