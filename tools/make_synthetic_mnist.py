#!/usr/bin/env python3
"""Makes an IDX set of MNIST's shape out of drawn digits, with the standard library alone.

    tools/make_synthetic_mnist.py DIR [--train 60000] [--test 10000] [--seed 1]

Writes the four files of MNIST under their usual names: 28x28 grayscale, labels
0 to 9. The same arguments give the same bytes. It is for machines that have
neither the data set nor a network, and for tests; it is not MNIST.
"""

from __future__ import annotations

import argparse
import gzip
import math
import os
import random
import struct
from pathlib import Path

SIDE = 28
PIXELS = SIDE * SIDE
VARIANTS = 48  # drawings a digit; each is then shifted and dimmed
MARGIN = 3  # how far a drawing may be shifted without leaving the picture
GAINS = [40 + 2 * step for step in range(31)]  # per cent

Point = tuple[float, float]


def Arc(x: float, y: float, rx: float, ry: float, begin: float, end: float, steps: int = 10) -> list[Point]:
    """Points on an ellipse, angles in degrees, 0 to the right and 90 downwards."""
    angles = [math.radians(begin + (end - begin) * step / steps) for step in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


# Each digit as strokes in a unit square, x to the right and y downwards.
STROKES: list[list[list[Point]]] = [
    [Arc(0.5, 0.5, 0.32, 0.46, 0, 360, 18)],
    [[(0.34, 0.2), (0.54, 0.05), (0.54, 0.95)]],
    [Arc(0.5, 0.28, 0.3, 0.24, 180, 390) + [(0.2, 0.95), (0.84, 0.95)]],
    [Arc(0.47, 0.27, 0.27, 0.22, 200, 450), Arc(0.47, 0.71, 0.31, 0.24, 270, 520)],
    [[(0.66, 0.95), (0.66, 0.05), (0.16, 0.65), (0.86, 0.65)]],
    [[(0.8, 0.05), (0.28, 0.05), (0.24, 0.45)] + Arc(0.48, 0.67, 0.32, 0.27, 235, 510)],
    [[(0.7, 0.05), (0.34, 0.4)] + Arc(0.5, 0.69, 0.29, 0.26, 200, 560, 16)],
    [[(0.18, 0.06), (0.84, 0.06), (0.42, 0.95)]],
    [Arc(0.5, 0.27, 0.24, 0.22, 0, 360, 14), Arc(0.5, 0.72, 0.3, 0.24, 0, 360, 14)],
    [Arc(0.5, 0.3, 0.27, 0.25, 0, 360, 14), [(0.77, 0.3), (0.7, 0.95)]],
]


def Draw(digit: int, chance: random.Random) -> bytes:
    """One drawing of a digit, slanted, stretched and thickened at random."""
    slant = chance.uniform(-0.3, 0.3)
    width, height = chance.uniform(11, 16), chance.uniform(16, 20)
    thickness = chance.uniform(0.8, 1.7)
    center = SIDE / 2
    canvas = [0.0] * PIXELS

    def Place(point: Point) -> Point:
        x = (point[0] - 0.5) * width - (point[1] - 0.5) * slant * height + chance.uniform(-0.35, 0.35)
        y = (point[1] - 0.5) * height + chance.uniform(-0.35, 0.35)
        low, high = MARGIN + 1.5, SIDE - MARGIN - 2.5
        return min(max(center + x, low), high), min(max(center + y, low), high)

    for stroke in STROKES[digit]:
        points = [Place(point) for point in stroke]
        for (ax, ay), (bx, by) in zip(points, points[1:]):
            dx, dy = bx - ax, by - ay
            length = dx * dx + dy * dy or 1e-9
            reach = thickness + 1
            for y in range(max(MARGIN, int(min(ay, by) - reach)), min(SIDE - MARGIN, int(max(ay, by) + reach) + 2)):
                for x in range(max(MARGIN, int(min(ax, bx) - reach)), min(SIDE - MARGIN, int(max(ax, bx) + reach) + 2)):
                    along = min(1.0, max(0.0, ((x - ax) * dx + (y - ay) * dy) / length))
                    distance = math.hypot(x - ax - along * dx, y - ay - along * dy)
                    ink = thickness + 0.5 - distance
                    if ink > canvas[y * SIDE + x]:
                        canvas[y * SIDE + x] = ink
    return bytes(min(255, int(255 * ink)) for ink in canvas)


def MakeImages(count: int, chance: random.Random) -> tuple[bytes, bytes]:
    """`count` images one after the other, and their labels."""
    drawings = [[Draw(digit, chance) for _ in range(VARIANTS)] for digit in range(10)]
    dim = [bytes(min(255, value * gain // 100) for value in range(256)) for gain in GAINS]
    blank = bytes(PIXELS)
    images, labels = bytearray(), bytearray()
    for _ in range(count):
        label = int(chance.random() * 10)
        drawing = drawings[label][int(chance.random() * VARIANTS)]
        shift = (int(chance.random() * 7) - 3) * SIDE + int(chance.random() * 7) - 3
        if shift > 0:
            drawing = blank[:shift] + drawing[:-shift]
        elif shift < 0:
            drawing = drawing[-shift:] + blank[:-shift]
        images += drawing.translate(dim[int(chance.random() * len(dim))])
        labels.append(label)
    return bytes(images), bytes(labels)


def WriteGzip(path: Path, content: bytes) -> None:
    partial = path.with_name(path.name + ".part")
    with partial.open("wb") as raw, gzip.GzipFile("", "wb", compresslevel=3, fileobj=raw, mtime=0) as out:
        out.write(content)
    os.replace(partial, path)


def WriteSet(folder: Path, train: int, test: int, seed: int) -> None:
    chance = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for name, count in (("train", train), ("t10k", test)):
        images, labels = MakeImages(count, chance)
        WriteGzip(folder / f"{name}-images-idx3-ubyte.gz", struct.pack(">IIII", 0x803, count, SIDE, SIDE) + images)
        WriteGzip(folder / f"{name}-labels-idx1-ubyte.gz", struct.pack(">II", 0x801, count) + labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--train", type=int, default=60000)
    parser.add_argument("--test", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    WriteSet(arguments.folder, arguments.train, arguments.test, arguments.seed)
    print(f"{arguments.train + arguments.test} drawn digits in {arguments.folder}")


if __name__ == "__main__":
    main()
