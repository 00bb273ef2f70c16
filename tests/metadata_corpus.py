"""The corpus's images with what we say of them, and the account of where others say otherwise."""

from __future__ import annotations

import collections
import json
import re
import subprocess
from pathlib import Path

from conftest import BIN, ROOT

FOLDERS = ("exif", "photos", "png", "tiff")
SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff"}


def TagTable(name: str) -> dict[int, str]:
    source = (ROOT / "src/image/metadata/exif/exif_tags.cc").read_text()
    table = source.split(f"constexpr auto {name} ")[1].split("});")[0]
    return {int(number, 16): tag for number, tag in re.findall(r'\{(0x[0-9A-F]+), k\w+, "([^"]+)"\}', table)}


IMAGE_TAGS, GPS_TAGS, INTEROP_TAGS = map(TagTable, ("kImageTags", "kGpsTags", "kInteropTags"))


def NameOf(directory: str, tag: int) -> str:
    table = {"GPS": GPS_TAGS, "Interop": INTEROP_TAGS}.get(directory, IMAGE_TAGS)
    return table.get(tag, f"0x{tag:04X}")


def Stored(value):
    """A value of ours as the file has it: rationals as pairs, codes without words, one value without a list."""
    if isinstance(value, list):
        parts = [Stored(part) for part in value]
        return parts[0] if len(parts) == 1 else parts
    if not isinstance(value, dict):
        return value
    if "numerator" in value:
        return value["value"] if value["numerator"] is None else [value["numerator"], value["denominator"]]
    if value.keys() == {"value", "text"}:
        return value["value"]
    if "type" in value:
        return Stored(next(part for key, part in value.items() if key != "type"))
    return value


def StoredExif(exif: dict) -> dict:
    """Directories by the names of their tags, also where the value stands under the tag's number."""
    return {
        directory: {
            NameOf(directory, int(tag, 16)) if tag.startswith("0x") else tag: Stored(value)
            for tag, value in entries.items()
        }
        for directory, entries in exif.items()
    }


class Corpus:
    """Every image of the corpus with what we say of it: `told` as we print it, `ours` as the file has it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.paths = [
            path
            for part in FOLDERS
            for path in sorted((folder / part).rglob("*"))
            if path.is_file() and path.suffix.lower() in SUFFIXES
        ]
        self.told = dict(zip(map(self.Name, self.paths), Probe(self.paths)))
        self.ours = {
            name: {
                **told,
                "exif": StoredExif(told["exif"]),
                "xmp": {key.removesuffix("[]"): value for key, value in told["xmp"].items()},
            }
            for name, told in self.told.items()
        }

    def Name(self, path: Path) -> str:
        return str(path.relative_to(self.folder))


def Probe(paths) -> list[dict]:
    binary = BIN / "metadata_probe"
    assert binary.exists(), f"{binary} is missing: run `make build` first"
    done = subprocess.run([binary, *paths], capture_output=True, check=True, timeout=300)
    lines = done.stdout.decode().splitlines()
    assert len(lines) == len(paths)
    return [json.loads(line) for line in lines]


class Differences:
    """Counts what agrees, by folder, and keeps what does not."""

    def __init__(self, reasons: dict[str, str]):
        self.reasons, self.met = reasons, set()
        self.agreed, self.explained = collections.Counter(), collections.Counter()
        self.unexplained: list[str] = []

    def Compare(self, name: str, what: str, ours, theirs):
        folder = name.split("/")[0] + "/" + name.split("/")[1]
        if ours == theirs:
            self.agreed[folder] += 1
            return
        for key in (f"{name}: {what}", name, f"*: {what}"):
            if key in self.reasons:
                self.met.add(key)
                self.explained[folder] += 1
                return
        self.unexplained.append(f"{name}: {what}\n  ours   {ours!r:.300}\n  theirs {theirs!r:.300}")

    def Finish(self, least: int):
        for folder in sorted(self.agreed):
            print(f"{folder}: {self.agreed[folder]} agree, {self.explained[folder]} differ for a listed reason")
        assert not self.unexplained, f"{len(self.unexplained)} differ:\n" + "\n".join(self.unexplained)
        assert sum(self.agreed.values()) >= least
        assert not set(self.reasons) - self.met, f"no longer differ: {set(self.reasons) - self.met}"
