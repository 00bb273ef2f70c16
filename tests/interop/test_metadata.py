"""What we say of images' metadata, beside what others say of the same files.

`metadata_probe` prints a JSON object for each file. It is compared with Pillow, run here,
and with what metadata-extractor, exiftool and exiv2 printed, which lies beside the
images. Where they and we differ the reason stands here: a difference that is not listed
fails the test. The numbers of tags are read out of our table, so that others' answers by
number and ours by name can meet; names themselves are held against exiv2's.
"""

import re
import warnings
from pathlib import Path

import pytest
from metadata_corpus import FOLDERS, Corpus, Differences, NameOf
from PIL import ExifTags, Image, TiffImagePlugin


@pytest.fixture(scope="module")
def images(corpus) -> Corpus:
    found = Corpus(corpus)
    if not found.paths:
        pytest.skip(f"NO CORPUS: {corpus} has none of {', '.join(FOLDERS)}")
    return found


# --- Pillow ------------------------------------------------------------------------

PILLOW_ORIENTATION = "Pillow makes one up out of XMP's tiff:Orientation; Exif has none"
PILLOW_LATIN1 = "Pillow reads every text as Latin-1; these bytes are UTF-8"
PILLOW = {
    "exif/exif-samples/jpg/Canon_DIGITAL_IXUS_400.jpg: IFD0.Orientation": PILLOW_ORIENTATION,
    "exif/exiv2/exiv2-bug540.jpg: IFD0.Orientation": PILLOW_ORIENTATION,
    "png/pillow/exif_text.png: IFD0.Orientation": PILLOW_ORIENTATION,
    "png/pillow/xmp_tags_orientation.png: IFD0.Orientation": PILLOW_ORIENTATION,
    "exif/exiv2/Reagan.jpg: IFD0.ImageDescription": PILLOW_LATIN1,
    "exif/exiv2/Reagan.jpg: IFD0.Artist": PILLOW_LATIN1,
    "exif/exiv2/exiv2-bug937.jpg: IFD0.Copyright": PILLOW_LATIN1,
    "exif/metadata-extractor/Issue 80.jpg: IFD0.Copyright": PILLOW_LATIN1,
    "tiff/pillow/pport_g4.tif: IFD0.Make": "0x8C, which is Windows-1252's Œ and a control character in Latin-1",
}


def PillowValue(value):
    """In our words: rationals as pairs, texts up to their NUL."""
    if isinstance(value, TiffImagePlugin.IFDRational):
        numerator, denominator = value._numerator, value._denominator
        return [int(numerator), int(denominator)]
    if isinstance(value, tuple | list):
        return [PillowValue(part) for part in value]
    if isinstance(value, str):
        return value.split("\0")[0]
    if isinstance(value, float) and value != value:
        return None
    return value


def OursForPillow(ours, theirs):
    """Pillow leaves undefined bytes as they are, and numbers in one-byte values as bytes."""
    if isinstance(theirs, bytes) and isinstance(ours, dict) and "base64" in ours:
        import base64

        return base64.b64decode(ours["base64"])
    return ours


def PillowDirectories(image):
    try:
        exif = image.getexif()
    except OSError:  # PNG's Exif may stand behind pixels, which Pillow then decodes
        return
    yield "IFD0", dict(exif)
    for name, tag in (("Exif", 0x8769), ("GPS", 0x8825), ("Interop", 0xA005), ("IFD1", ExifTags.IFD.IFD1)):
        try:
            yield name, dict(exif.get_ifd(tag))
        except Exception:  # what it makes of damaged directories is not the question
            yield name, {}


def ComparePillow(name: str, path: Path, ours: dict, differences: Differences):
    try:
        image = Image.open(path)
    except Exception:  # refused: test_image_headers.py says why
        return
    differences.Compare(name, "format", ours["format"], image.format)
    differences.Compare(name, "mode", ours["mode"], image.mode)
    size = image.size
    orientation = ours["exif"].get("IFD0", {}).get("Orientation")
    if image.format == "TIFF" and orientation in (5, 6, 7, 8):  # Pillow turns, we say what is stored
        size = size[::-1]
    differences.Compare(name, "size", (ours["width"], ours["height"]), size)
    for directory, entries in PillowDirectories(image):
        mine = ours["exif"].get(directory, {})
        for tag, value in entries.items():
            tag_name = NameOf(directory, tag)
            theirs = PillowValue(value)
            if tag_name not in mine:
                differences.Compare(name, f"{directory}.{tag_name}", "not there", theirs)
                continue
            found = mine[tag_name]
            if isinstance(theirs, bytes):
                if isinstance(found, dict) and "offset" in found:  # a place: the size is what can be compared
                    found, theirs = found["size"], len(theirs)
                elif isinstance(found, dict):
                    found = OursForPillow(found, theirs)
                elif isinstance(found, int):
                    theirs = theirs[0] if len(theirs) == 1 else theirs
                elif isinstance(found, list):
                    found = bytes(found)
                elif isinstance(found, str):
                    theirs = TextOfBytes(tag_name, theirs, ours, found)
            differences.Compare(name, f"{directory}.{tag_name}", found, theirs)


def TextOfBytes(tag: str, content: bytes, ours: dict, found: str) -> str:
    """The text that Pillow leaves to its caller."""
    if tag.startswith("XP"):
        return content.decode("utf-16-le", "replace").split("\0")[0]
    code, rest = content[:8], content[8:]
    if code.startswith(b"UNICODE"):
        for encoding in ("utf-16-le", "utf-16-be"):
            text = rest.decode(encoding, "replace").split("\0")[0]
            if text == found:
                return text
    if code.startswith((b"ASCII", b"\0\0\0\0\0\0\0\0", b"JIS")):
        content = rest
    content = content.rstrip(b"\0")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def test_pillow_reads_the_same(images):
    differences = Differences(PILLOW)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in images.paths:
            name = images.Name(path)
            ComparePillow(name, path, images.ours[name], differences)
    differences.Finish(5000)


# --- exiv2: values as they are stored ----------------------------------------------

EXIV2 = {
    "exif/exiv2/exiv2-bug855.jpg: Exif.FocalLength": "its value lies past the end; exiv2 prints an empty one",
}
EXIV2_GROUPS = {"Image": "IFD0", "Photo": "Exif", "GPSInfo": "GPS", "Iop": "Interop", "Thumbnail": "IFD1"}
# Names that Exif changed after exiv2 took them, and exiv2's own.
EXIV2_NAMES = {
    "ISOSpeedRatings": "PhotographicSensitivity",
    "ExifTag": "ExifIFDPointer",
    "GPSTag": "GPSInfoIFDPointer",
    "InteroperabilityTag": "InteroperabilityIFDPointer",
    "GPSDOP": "GPSDOP",
    "PrintImageMatching": "PrintImageMatching",
}
EXIV2_LINE = re.compile(r"^(Exif|Iptc|Xmp)\.(\w+)\.(\S+)\s+(\w+)\s+(\d+)(?:  (.*))?$")


def Exiv2Lines(text: str):
    """(family, group, name, type, value and interpretation), texts of several lines joined."""
    current = None
    for line in text.split("\n"):
        if match := EXIV2_LINE.match(line):
            if current:
                yield current
            current = [*match.groups()[:4], match.group(6) or ""]
        elif current:
            current[-1] += "\n" + line
    if current:
        current[-1] = current[-1].removesuffix("\n")
        yield current


def InExiv2Words(value) -> str:
    """A value of ours as exiv2 writes it."""
    if isinstance(value, dict) and "base64" in value:
        import base64

        return " ".join(str(byte) for byte in base64.b64decode(value["base64"]))
    if isinstance(value, list) and len(value) == 2 and all(isinstance(part, int) for part in value):
        return f"{value[0]}/{value[1]}"
    if isinstance(value, list):
        return " ".join(InExiv2Words(part) for part in value)
    if isinstance(value, float):
        return f"{value:g}"
    return str(value)


def test_exiv2_printed_the_same(images):
    differences = Differences(EXIV2)
    folder = images.folder / "exif/exiv2"
    for expected in sorted((folder / "expected").glob("*.out")):
        name = f"exif/exiv2/{expected.stem}"
        if name not in images.ours:
            continue
        ours = images.ours[name]
        for family, group, tag, kind, rest in Exiv2Lines(expected.read_text(errors="replace")):
            if family == "Exif" and group in EXIV2_GROUPS:
                CompareExiv2Exif(name, ours, EXIV2_GROUPS[group], tag, kind, rest, differences)
            elif family == "Iptc" and kind in ("String", "Short"):
                CompareExiv2Iptc(name, ours, tag, rest, differences)
    differences.Finish(500)


def CompareExiv2Iptc(name, ours, tag, rest, differences):
    """exiv2 has names of its own, and writes a value twice: one of ours begins what it wrote."""
    values = [part for value in ours["iptc"].values() for part in (value if isinstance(value, list) else [str(value)])]
    written = [value.replace("\x1b", "").split("\n")[0].strip() for value in values]
    found = any(rest.replace("\x1b", "").strip().startswith(value) and (value or not rest) for value in written)
    differences.Compare(name, f"iptc.{tag}", rest if found else values, rest)


def CompareExiv2Exif(name, ours, directory, tag, kind, rest, differences):
    tag = EXIV2_NAMES.get(tag, tag)
    if tag.startswith("0x"):
        tag = "0x" + tag[2:].upper()
    mine = ours["exif"].get(directory, {})
    if tag not in mine:
        differences.Compare(name, f"{directory}.{tag}", "not there", rest)
        return
    found = mine[tag]
    if isinstance(found, dict) and "offset" in found:
        return  # a place; exiv2 prints the bytes
    if isinstance(found, str):
        if kind in ("Undefined", "Byte"):
            return  # bytes there, the text here: Pillow's comparison has them
        same = rest.startswith(found.rstrip()) or rest == ""
        differences.Compare(name, f"{directory}.{tag}", found if not same else rest, rest)
        return
    value = rest.split("  ")[0]
    words = InExiv2Words(found)
    if "/" in value and " " not in value and isinstance(found, list) and len(found) == 2:
        words = f"{found[0]}/{found[1]}"
    elif "/" not in value and isinstance(found, list) and len(found) == 2:
        words = " ".join(str(part) for part in found)
    differences.Compare(name, f"{directory}.{tag}", words, value)


# --- exiftool and metadata-extractor: numbers of tags, and texts ---------------------

EXIFTOOL = {}
EXIFTOOL_GROUPS = {"IFD0": "IFD0", "ExifIFD": "Exif", "GPS": "GPS", "InteropIFD": "Interop", "IFD1": "IFD1"}
EXIFTOOL_LINE = re.compile(r"^\[EXIF, (\w+), \w+\] (\d+) - [^:]+: ?(.*)$", re.MULTILINE)


def CompareText(name, ours, directory, number, theirs, differences):
    """The tag is there; where it is text for both, the same."""
    tag = NameOf(directory, number)
    mine = ours["exif"].get(directory, {})
    if tag not in mine:
        differences.Compare(name, f"{directory}.{tag}", "not there", theirs)
        return
    found = mine[tag]
    if tag in ("Make", "Model", "Software", "DateTime", "DateTimeOriginal", "DateTimeDigitized", "Artist"):
        differences.Compare(name, f"{directory}.{tag}", found.strip(), theirs.strip())
    else:
        differences.Compare(name, f"{directory}.{tag}", True, True)


def test_exiftool_printed_the_same(images):
    differences = Differences(EXIFTOOL)
    folder = images.folder / "exif/exiftool"
    for line in (folder / "MAP.tsv").read_text().splitlines()[1:]:
        image, expected = line.split("\t")
        name = f"exif/exiftool/{image}"
        text = (folder / "expected" / expected).read_text(errors="replace")
        if name not in images.ours or expected in EXIFTOOL_WRITTEN:
            continue
        for group, number, value in EXIFTOOL_LINE.findall(text):
            if group in EXIFTOOL_GROUPS:
                CompareText(name, images.ours[name], EXIFTOOL_GROUPS[group], int(number), value, differences)
    differences.Finish(100)


# These tests of exiftool print values that it shifts or replaces on the way out.
EXIFTOOL_WRITTEN = {"ExifTool_25.out", "ExifTool_29.out"}

JAVA_ABOUT = "XMP's toolkit makes xmpMM:InstanceID out of rdf:about"
JAVA = {
    "exif/metadata-extractor/FujiFilm FinePixS1Pro (4).jpg: xmp.xmpMM:InstanceID": JAVA_ABOUT,
    "exif/metadata-extractor/FujiFilm FinePixS2Pro.jpg: xmp.xmpMM:InstanceID": JAVA_ABOUT,
    "exif/metadata-extractor/Issue 614.jpg: Profile Description": "theirs has the record's count and language in it",
    "exif/metadata-extractor/Issue 80.jpg: xmp.MicrosoftPhoto_1_:Rating": "the packet's prefix; ours is the usual one",
    "exif/metadata-extractor/beach.jpg: Image Height": "the height is in a DNL marker, which theirs does not read",
    "photos/metadata-extractor/Canon EOS-1D Mark III (via Adobe Lightroom).jpg: xmp.xmp:CreateDate": (
        "XMP's toolkit makes it out of exif:DateTimeDigitized"
    ),
    "png/metadata-extractor/invalid-iCCP-missing-adler32-checksum.png: Profile Description": (
        "OURS: the compressed stream has no last block, and libdeflate gives nothing of such"
    ),
}
JAVA_GROUPS = {
    "Exif IFD0": "IFD0",
    "Exif SubIFD": "Exif",
    "GPS": "GPS",
    "Interoperability": "Interop",
    "Exif Thumbnail": "IFD1",
}
JAVA_LINE = re.compile(r"^\[([^\[\]]+) - (0x[0-9a-f]{4}|[^\]]*)\] ([^=\n]+) = ?(.*)$", re.MULTILINE)


def CompareJava(name, ours, text, differences):
    for group, number, label, value in JAVA_LINE.findall(text):
        if group in JAVA_GROUPS:
            CompareText(name, ours, JAVA_GROUPS[group], int(number, 16), value, differences)
        elif group == "JPEG" and label in ("Image Height", "Image Width"):
            mine = ours["height" if label == "Image Height" else "width"]
            differences.Compare(name, label, f"{mine} pixels", value)
        elif group == "PNG-IHDR" and label in ("Image Height", "Image Width"):
            differences.Compare(name, label, str(ours["height" if label == "Image Height" else "width"]), value)
        elif group == "ICC Profile" and label == "Profile Description":
            differences.Compare(name, label, (ours["icc"] or {}).get("description"), value)
        elif group == "XMPMeta" and "[" not in label and "/" not in label:
            mine = ours["xmp"].get(label, "not there")
            mine = value if mine is None else mine  # too long, and left out by us
            differences.Compare(name, f"xmp.{label}", mine, value)


def test_metadata_extractor_printed_the_same(images):
    differences = Differences(JAVA)
    for path in images.paths:
        expected = path.parent / "expected-java" / (path.name + ".txt")
        if expected.exists():
            name = images.Name(path)
            CompareJava(name, images.ours[name], expected.read_text(errors="replace"), differences)
    differences.Finish(1000)
