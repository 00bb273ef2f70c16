"""What becomes of every image of the conformance corpus: docs/conformance.md (B3).

PIXLAKE_WRITE_DOCS=1 writes the page; without it the page has to say what is so.
"""

from __future__ import annotations

import fnmatch
import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from conftest import BIN, DEPS, ROOT
from other_judges import SHOWN, ByLibtiff, ByLibvips, ByPillow
from PIL import Image
from verdict_reasons import REASONS

PAGE = ROOT / "docs/conformance.md"
SETS = ["exif", "photos", "png", "tiff", "broken"]
SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp"}
HEAD = """# Conformance

Written by `tests/interop/test_conformance.py` from the images of the conformance corpus
(which is not part of this repository): every file with an image's name in it, decoded whole
with `pixlake inspect --check full --sandbox`. Beside it Pillow {pillow}: how many images it
opens, and of how many of those format, mode and size are the same. What differs there, file by
file and whose it is, stands in `tests/interop/test_image_headers.py` (format, mode, size),
`test_metadata.py` (EXIF, GPS, XMP, IPTC against exiv2, exiftool and metadata-extractor) and
`test_pixels.py` (pixels against Pillow).

| set | images | ok | truncated_at | corrupt | bomb | unsupported | mislabelled | empty | Pillow opens | same |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
"""
BESIDE = """
## Verdicts beside others'

`ok` says that every pixel is there. Asked for all pixels of all frames of the same files, Pillow
{pillow}, libvips {vips} (`fail_on="error"`) and libtiff's own programs (the libtiff that pixlake links;
TIFF files alone) show an image whole or refuse it. *Agree*: they show what we call `ok` and refuse the rest.

| set | images | Pillow agrees | differs | libvips agrees | differs | TIFF files | libtiff agrees | differs |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
"""
WHY = """
Every difference, by its reason. After a file stands our verdict, and who differs from it: P is Pillow,
V libvips, T libtiff.
"""


def Described(files: list[Path]) -> list[dict]:
    out: list[dict] = []
    for begin in range(0, len(files), 100):
        command = [BIN / "pixlake", "inspect", "--json", "--check", "full", "--sandbox", *files[begin : begin + 100]]
        run = subprocess.run(command, capture_output=True, timeout=300)
        assert run.returncode in (0, 3), run.stderr
        out += json.loads(run.stdout)["images"]
    assert len(out) == len(files)
    return out


def SeenByPillow(path: Path) -> tuple | None:
    try:
        with Image.open(path) as image:
            size = image.size
            # Of TIFF, Pillow gives the size after turning.
            if image.format == "TIFF" and image.tag_v2.get(274, 1) >= 5:
                size = size[::-1]
            return image.format, image.mode, size
    except Exception:  # Pillow raises anything on broken files
        return None


class Seen:
    """The images of one set, with what we and others say of them."""

    def __init__(self, name: str, corpus: Path):
        self.name = name
        self.files = sorted(path for path in (corpus / name).rglob("*") if path.suffix.lower() in SUFFIXES)
        self.names = [str(path.relative_to(corpus)) for path in self.files]
        self.ours = Described(self.files)
        tiff = [path.suffix.lower().startswith(".tif") for path in self.files]
        programs = max(DEPS.glob("libtiff-*/bin"))
        self.others = {
            "P": [ByPillow(path) for path in self.files],
            "V": ByLibvips(self.files),
            "T": [ByLibtiff(path, programs) if wanted else None for path, wanted in zip(self.files, tiff)],
        }

    def Differs(self, who: str, number: int) -> bool:
        theirs = self.others[who][number]
        return theirs is not None and (theirs == SHOWN) != (self.ours[number]["verdict"] == "ok")

    def Beside(self) -> str:
        cells = [self.name, len(self.files)]
        for who in "PVT":
            asked = [number for number in range(len(self.files)) if self.others[who][number] is not None]
            differ = sum(self.Differs(who, number) for number in asked)
            cells += [len(asked)] * (who == "T") + [len(asked) - differ, differ]
        return "| " + " | ".join(map(str, cells)) + " |\n"

    def Differences(self) -> dict[str, tuple[str, str]]:
        """By file: our verdict and who differs."""
        found = {}
        for number, name in enumerate(self.names):
            if who := "".join(who for who in "PVT" if self.Differs(who, number)):
                found[name] = (self.ours[number]["verdict"], who)
        return found


def Explained(differences: dict[str, tuple[str, str]]) -> str:
    """One sentence a reason; fails for a file without one, and for a reason without a file."""
    text, left, unneeded = WHY, dict(differences), []
    for sentence, patterns in REASONS:
        files = []
        for pattern in patterns:
            met = [name for name in left if fnmatch.fnmatchcase(f"{name} {left[name][0]} {left[name][1]}", pattern)]
            unneeded += [] if met else [f"{sentence}: {pattern}"]
            files += [f"`{name}` ({left[name][0]}; {left.pop(name)[1]})" for name in met]
        text += f"\n- {sentence}: " + ", ".join(files) + ".\n"
    assert not left, "differ without a reason:\n" + "\n".join(f"{name}: {what}" for name, what in left.items())
    assert not unneeded, "no longer differ:\n" + "\n".join(unneeded)
    return text


def Row(seen: Seen) -> str:
    name, files = seen.name, seen.files
    opened = same = 0
    verdicts: Counter[str] = Counter()
    for path, ours in zip(files, seen.ours, strict=True):
        verdicts[ours["verdict"]] += 1
        if "has no libtiff" in (ours["message"] or ""):
            pytest.skip("this build decodes no TIFF")
        theirs = SeenByPillow(path)
        if theirs is not None:
            opened += 1
            same += (ours["format"], ours["mode"], (ours["width"], ours["height"])) == theirs
    counted = ["ok", "truncated_at", "corrupt", "bomb", "unsupported", "mislabelled", "empty"]
    assert sum(verdicts[verdict] for verdict in counted) == len(files), verdicts
    cells = [name, len(files), *(verdicts[verdict] for verdict in counted), opened, same]
    return "| " + " | ".join(map(str, cells)) + " |\n"


def test_the_page_says_what_becomes_of_every_image(corpus: Path) -> None:
    import PIL
    import pyvips

    vips = ".".join(str(pyvips.version(part)) for part in range(3))
    sets = [Seen(name, corpus) for name in SETS]
    text = HEAD.format(pillow=PIL.__version__) + "".join(map(Row, sets))
    text += BESIDE.format(pillow=PIL.__version__, vips=vips) + "".join(seen.Beside() for seen in sets)
    text += Explained({name: what for seen in sets for name, what in seen.Differences().items()})
    if os.environ.get("PIXLAKE_WRITE_DOCS") == "1":
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text
