"""The JSON of images' metadata: one shape a key whatever the file, and codes in exiftool's words."""

import collections
import json
import re
import shutil
import struct
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from metadata_corpus import FOLDERS, GPS_TAGS, IMAGE_TAGS, Corpus, NameOf, Probe
from PIL import Image


@pytest.fixture(scope="module")
def images(corpus) -> Corpus:
    found = Corpus(corpus)
    if not found.paths:
        pytest.skip(f"NO CORPUS: {corpus} has none of {', '.join(FOLDERS)}")
    return found


def Kind(value) -> str | None:
    if value is None:
        return None
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", list: "list", dict: "object"}
    return kinds[type(value)]


def Paths(value, path=""):
    """Every path within a value, "exif.IFD0.XResolution.value", with the type of JSON that stands there."""
    yield path, Kind(value)
    if isinstance(value, dict):
        for key, part in value.items():
            yield from Paths(part, f"{path}.{key}")
    elif isinstance(value, list):
        for part in value:
            yield from Paths(part, f"{path}[]")


def test_no_key_has_two_shapes(images):
    kinds = collections.defaultdict(dict)
    for name, told in images.told.items():
        for path, kind in Paths(told):
            if kind is not None:
                kinds[path].setdefault(kind, name)
    assert len(kinds) > 1000
    several = {path: found for path, found in kinds.items() if len(found) > 1}
    assert not several, "\n".join(f"{path}: {found}" for path, found in sorted(several.items()))


def test_a_rational_is_exact_and_a_number(images):
    met = 0
    for told in images.told.values():
        for path, kind in Paths(told["exif"]):
            assert not path.endswith(".numerator") or kind in ("number", None)
        for entries in told["exif"].values():
            for value in entries.values():
                for part in value if isinstance(value, list) else [value]:
                    if not isinstance(part, dict) or "numerator" not in part or part["numerator"] is None:
                        continue
                    met += 1
                    if part["denominator"] == 0:
                        assert part["value"] is None
                    else:
                        assert part["value"] == part["numerator"] / part["denominator"]
    assert met > 1000


# --- words -------------------------------------------------------------------------

GROUPS = {"IFD0": "IFD0", "ExifIFD": "Exif", "GPS": "GPS", "InteropIFD": "Interop", "IFD1": "IFD1"}


def Codes(told: dict):
    """(directory, tag, value, words) of each code of an image, lists joined as exiftool does."""
    for directory, entries in told["exif"].items():
        for tag, value in entries.items():
            parts = value if isinstance(value, list) else [value]
            if parts and all(isinstance(part, dict) and part.keys() == {"value", "text"} for part in parts):
                yield directory, tag, [part["value"] for part in parts], [part["text"] for part in parts]


def ExifTool(*options, paths) -> list[dict]:
    program = shutil.which("exiftool")
    assert program, "exiftool is missing: run `make setup` first"
    command = [program, "-json", "-D", "-G1", "-charset", "filename=utf8", *options, "-@", "-"]
    done = subprocess.run(command, input="\n".join(map(str, paths)).encode(), capture_output=True, timeout=300)
    return json.loads(done.stdout)


def Words(answer: dict, directory: str) -> dict[str, str]:
    group = next(theirs for theirs, ours in GROUPS.items() if ours == directory)
    return {
        NameOf(directory, entry["id"]): str(entry["val"])
        for key, entry in answer.items()
        if key.startswith(group + ":") and isinstance(entry, dict) and isinstance(entry["id"], int)
    }


def Differ(theirs: str, values: list, words: list) -> bool:
    if any(text is None for text in words):
        return not (theirs.startswith("Unknown") or theirs == str(values[0]) or theirs.strip() in ("", "n/a"))
    ours = [", ".join(words), "; ".join(words), " ".join(words)]
    return theirs not in ours


def test_codes_have_exiftools_words(images):
    met, differing = 0, []
    for name, answer in zip(images.told, ExifTool(paths=images.paths)):
        for directory, tag, values, words in Codes(images.told[name]):
            if directory not in GROUPS.values():
                continue
            theirs = Words(answer, directory).get(tag)
            if theirs is None or values == []:
                continue
            met += 1
            if Differ(theirs, values, words):
                differing.append(f"{name}: {directory}.{tag} {values} ours {words} theirs {theirs!r}")
    assert not differing, "\n".join(differing)
    assert met > 1500


# What exiftool has words for and we have none, and why.
NO_CODES = {
    "T4Options": "bits, not a code",
    "T6Options": "bits, not a code",
    "CodingMethods": "bits, not a code",
    "YCbCrSubSampling": "two numbers, which say what they are",
    "PixelFormat": "an identifier of 16 bytes",
    "OpcodeList1": "a program",
    "OpcodeList2": "a program",
    "OpcodeList3": "a program",
}
UNDEFINED = {"ComponentsConfiguration", "FileSource", "SceneType"}


def Tables() -> dict[tuple[str, int], dict]:
    """exiftool's words by directory and tag."""
    listed = subprocess.run(["exiftool", "-listx", "-EXIF:All"], capture_output=True, check=True).stdout
    found = {}
    for table in ElementTree.fromstring(listed):
        names = {"Exif::Main": ("IFD0", IMAGE_TAGS), "GPS::Main": ("GPS", GPS_TAGS)}.get(table.get("name"))
        for tag in table.findall("tag") if names else ():
            values, number = tag.find("values"), int(tag.get("id"))
            name = names[1].get(number)
            if values is None or name is None or name in NO_CODES:
                continue
            codes = {key.get("id"): key.find("val").text for key in values.findall("key")}
            found[names[0], number] = codes
    return found


def Entry(tag: int, name: str, code: str) -> bytes | None:
    if not code.isdigit() or (name.endswith("Ref") and name != "GPSAltitudeRef") or name == "GPSMeasureMode":
        return struct.pack("<HHI4s", tag, 2, len(code) + 1, code.encode()) if len(code) < 4 else None
    number = int(code)
    if name in UNDEFINED:
        return struct.pack("<HHI4s", tag, 7, 1, bytes([number]))
    if number > 65535:
        return struct.pack("<HHII", tag, 4, 1, number)
    return struct.pack("<HHIHH", tag, 3, 1, number, 0)


def Directory(entries: list[bytes]) -> bytes:
    return struct.pack("<H", len(entries)) + b"".join(sorted(entries, key=lambda entry: entry[:2][::-1])) + bytes(4)


def test_every_code_of_exiftools_tables_is_known(tmp_path):
    tables, expected, paths = Tables(), [], []
    for turn in range(max(map(len, tables.values()))):
        entries, words = {"IFD0": [], "GPS": []}, {}
        for (directory, tag), codes in tables.items():
            code = list(codes)[turn] if turn < len(codes) else None
            name = NameOf(directory, tag)
            made = Entry(tag, name, code) if code is not None else None
            if made is not None and code != "4294967295":  # "invalid"
                entries[directory].append(made)
                words[directory, name] = codes[code]
        behind = 8 + len(Directory(entries["IFD0"])) + 12
        first = Directory([*entries["IFD0"], struct.pack("<HHII", 0x8825, 4, 1, behind)])
        tiff = b"II*\0" + struct.pack("<I", 8) + first + Directory(entries["GPS"])
        path = tmp_path / f"{turn}.jpg"
        Image.new("L", (8, 8)).save(path, exif=b"Exif\0\0" + tiff)
        paths.append(path)
        expected.append(words)
    met, differing = 0, []
    for told, words in zip(Probe(paths), expected):
        for (directory, name), text in words.items():
            met += 1
            found = told["exif"].get(directory, {}).get(name)
            found = found[0] if isinstance(found, list) else found
            if not isinstance(found, dict) or found["text"] != text:
                differing.append(f"{directory}.{name}: {found} theirs {text!r}")
    assert not differing, "\n".join(differing)
    assert met > 350


PUBLISHED_LINE = re.compile(r"^\[EXIF, (\w+), \w+\] (\d+) - [^:]+: ?(.*)$", re.MULTILINE)
WRITTEN = {"ExifTool_25.out", "ExifTool_29.out"}  # values that exiftool shifts or replaces on the way out


def test_codes_have_the_words_that_exiftool_published(images):
    folder, met, differing = images.folder / "exif/exiftool", 0, []
    for line in (folder / "MAP.tsv").read_text().splitlines()[1:]:
        image, expected = line.split("\t")
        if expected in WRITTEN or f"exif/exiftool/{image}" not in images.told:
            continue
        codes = {(directory, tag): rest for directory, tag, *rest in Codes(images.told[f"exif/exiftool/{image}"])}
        text = (folder / "expected" / expected).read_text(errors="replace")
        for group, number, theirs in PUBLISHED_LINE.findall(text):
            directory = GROUPS.get(group)
            values, words = codes.get((directory, NameOf(directory, int(number))), (None, None))
            if values is None:
                continue
            met += 1
            if Differ(theirs, values, words):
                differing.append(f"{image} ({expected}): {directory} {number} ours {words} theirs {theirs!r}")
    assert not differing, "\n".join(differing)
    assert met > 150
