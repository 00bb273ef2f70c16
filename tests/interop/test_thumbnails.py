"""Pixels of thumbnails beside Pillow's: images small enough that nothing is scaled.

`thumbnail_probe` writes what we decode as PNG files.
"""

import subprocess
import warnings

import numpy as np
import pytest
from conftest import BIN
from PIL import Image, ImageOps

MAX_SIDE = 512
FOLDERS = ("png", "tiff", "exif", "broken")

# Files of which both give pixels, and not the same.
EXPLAINED = {
    "broken/imagetestsuite-png/4f14b7aab3a41855378c5517342598b9.png": "174 transparencies for 173 colours: left out",
    "broken/pillow/crash-74d2a78403a5a59db1fb0a2b8735ac068a75f6e3.tif": "Pillow turns it by its orientation",
    "png/PngSuite/tbbn0g04.png": "Pillow compares the transparent grey with scaled greys",
    "png/PngSuite/tbwn0g16.png": "this test makes 16 bits 8 and loses the transparent grey",
    "png/pillow/1_trns.png": "Pillow compares the transparent grey with scaled greys",
    "png/pillow/i_trns.png": "this test makes 16 bits 8 and loses the transparent grey",
    "broken/imagetestsuite-png/1ae14e57b7062597279134ff2eeb39c0.png": "Pillow compares the transparent grey so too",
    "tiff/libtiffpic/depth_flower-rgb-planar-16.tif": "Pillow takes high and low bytes for pixels",
    "tiff/pillow/lab.tif": "another white point",
}


def Flatten(image: Image.Image) -> np.ndarray:
    """As MakeThumbnail has it: RGB, transparency over middle grey."""
    if image.mode.startswith("I;16"):
        image = Image.fromarray((np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8))
    if "transparency" in image.info or image.mode in ("LA", "PA", "RGBA"):
        backdrop = Image.new("RGBA", image.size, (128, 128, 128, 255))
        image = Image.alpha_composite(backdrop, image.convert("RGBA"))
    return np.asarray(image.convert("RGB")).astype(int)


def Thumbnails(paths, folder) -> list[np.ndarray | str]:
    binary = BIN / "thumbnail_probe"
    assert binary.exists(), f"{binary} is missing: run `make build` first"
    done = subprocess.run(
        [binary, str(MAX_SIDE), folder, *paths], capture_output=True, check=True, timeout=300, encoding="utf-8"
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(paths)
    return [
        np.asarray(Image.open(folder / f"{index}.png")).astype(int) if line == "ok" else line
        for index, line in enumerate(lines)
    ]


def test_pixels_of_the_corpus_are_those_that_pillow_decodes(corpus, tmp_path):
    expected = {}
    for path in [path for folder in FOLDERS for path in sorted((corpus / folder).rglob("*")) if path.is_file()]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                with Image.open(path) as image:
                    if max(image.size) <= MAX_SIDE:
                        image.load()  # which turns a TIFF
                        expected[path] = Flatten(ImageOps.exif_transpose(image))
            except Exception:  # whatever a decoder makes of hostile bytes
                continue
    if not expected:
        pytest.skip(f"NO CORPUS: {corpus} has none of {', '.join(FOLDERS)}")
    unexplained, compared = [], 0
    for path, ours in zip(expected, Thumbnails(list(expected), tmp_path)):
        name = str(path.relative_to(corpus))
        if isinstance(ours, str) or name in EXPLAINED:
            continue
        compared += 1
        if ours.shape != expected[path].shape:
            unexplained.append(f"{name}: {ours.shape}, Pillow has {expected[path].shape}")
        elif (difference := np.abs(ours - expected[path]).mean()) > 2:
            unexplained.append(f"{name}: differs by {difference:.1f} a sample")
    assert not unexplained, "\n".join(unexplained)
    assert compared > 300
