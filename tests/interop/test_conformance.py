"""What becomes of every image of the conformance corpus: docs/conformance.md (B3).

PIXLAKE_WRITE_DOCS=1 writes the page; without it the page has to say what is so.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from conftest import BIN, ROOT
from PIL import Image

PAGE = ROOT / "docs/conformance.md"
SETS = ["exif", "photos", "png", "tiff", "broken"]
SUFFIXES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp"}
HEAD = """# Conformance

Written by `tests/interop/test_conformance.py` from the images of the conformance corpus
(which is not part of this repository): every file with an image's name in it, decoded whole
with `pixlake inspect --check full --sandbox`. Beside it Pillow {pillow}: how many images it
opens, and of how many of those format, mode and size are the same. What differs, file by
file and whose it is, stands in `tests/interop/test_image_headers.py` (format, mode, size),
`test_metadata.py` (EXIF, GPS, XMP, IPTC against exiv2, exiftool and metadata-extractor) and
`test_pixels.py` (pixels against Pillow).

| set | images | ok | truncated_at | corrupt | bomb | unsupported | mislabelled | empty | Pillow opens | same |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|
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


def Row(name: str, folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    opened = same = 0
    verdicts: Counter[str] = Counter()
    for path, ours in zip(files, Described(files), strict=True):
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

    text = HEAD.format(pillow=PIL.__version__) + "".join(Row(name, corpus / name) for name in SETS)
    if os.environ.get("PIXLAKE_WRITE_DOCS") == "1":
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text
