"""Reads MNIST's IDX files the way everyone does: gzip and numpy."""

import gzip
from pathlib import Path

import numpy as np

PARTS = ("train", "t10k")


def Load(folder: Path) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """(part, images, labels) of each part."""
    loaded = []
    for part in PARTS:
        with gzip.open(folder / f"{part}-images-idx3-ubyte.gz") as file:
            images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28)
        with gzip.open(folder / f"{part}-labels-idx1-ubyte.gz") as file:
            labels = np.frombuffer(file.read(), np.uint8, offset=8)
        loaded.append((part, images, labels))
    return loaded
