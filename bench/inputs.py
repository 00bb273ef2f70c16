"""Made inputs: as many different images as wanted, out of a few."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image


def Drawn(width: int, height: int, quality: int, seed: int) -> bytes:
    """A JPEG with as much detail as a photograph."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3), np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC), np.int16)
    noisy = np.clip(pixels + random.normal(0, 12, pixels.shape), 0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(noisy).save(out, "JPEG", quality=quality)
    return out.getvalue()


def MakeImages(folder: Path, count: int, originals: list[bytes], per_folder: int = 1000) -> int:
    """`count` files; each is one of the originals with eight bytes of its own behind. Gives their bytes."""
    total = 0
    for number in range(count):
        if number % per_folder == 0:
            place = folder / f"{number // per_folder:05}"
            place.mkdir(parents=True)
        content = originals[number % len(originals)] + number.to_bytes(8, "little")
        (place / f"{number:07}.jpg").write_bytes(content)
        total += len(content)
    return total


def Photographs(folder: Path, total: int) -> tuple[int, int]:
    """Photographs of about a megabyte, `total` bytes of them: how many, and their bytes."""
    originals = [Drawn(2000, 1500, quality, seed) for seed, quality in enumerate([75, 85, 90, 80])]
    count = max(1, total // (sum(map(len, originals)) // len(originals)))
    return count, MakeImages(folder, count, originals, per_folder=200)


def SmallImages(folder: Path, count: int, size: int = 5000) -> int:
    """JPEGs of about `size` bytes. Gives their bytes."""
    original = Drawn(96, 96, 75, 7)
    while len(original) < size - 200:
        original = Drawn(96, 96, 75 + (size - len(original)) // 200, 7)
        if len(original) < size - 200:
            original += os.urandom(size - len(original))  # behind EOI, as cameras do
    return MakeImages(folder, count, [original[:size]])


def OfSize(folder: Path, count: int, size: int) -> int:
    """JPEGs of exactly `size` bytes and eight more."""
    original = Drawn(640, 480, 80, 3)
    return MakeImages(folder, count, [(original + os.urandom(size))[:size]])
