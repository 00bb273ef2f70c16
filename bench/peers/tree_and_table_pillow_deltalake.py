"""Peer: the PNG tree and the table, with Pillow, pyarrow and delta-rs.

Each image is encoded once and its bytes used twice, in as many processes as there
are cores. Pillow's default compression level.
"""

import argparse
import io
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import deltalake
import numpy as np
import pyarrow as pa
from idx import Load
from PIL import Image


def EncodeAndWrite(job) -> list[bytes]:
    tree, part, first, images, labels = job
    encoded = []
    for index, (image, label) in enumerate(zip(images, labels), first):
        buffer = io.BytesIO()
        Image.fromarray(image).save(buffer, "PNG")
        encoded.append(buffer.getvalue())
        with open(f"{tree}/{label}/{part}-{index:05d}.png", "wb") as file:
            file.write(encoded[-1])
    return encoded


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()

    tree = arguments.out / "flat_files/mnist_png"
    for digit in range(10):
        (tree / str(digit)).mkdir(parents=True, exist_ok=True)
    parts = Load(arguments.source)
    jobs, labels_of_all = [], []
    for part, images, labels in parts:
        for first in range(0, len(images), 5000):
            chunk = slice(first, first + 5000)
            jobs.append((str(tree), part, first, images[chunk], labels[chunk]))
        labels_of_all.append(labels)
    with ProcessPoolExecutor(arguments.processes) as pool:
        encoded = [blob for chunk in pool.map(EncodeAndWrite, jobs) for blob in chunk]
    labels = np.concatenate(labels_of_all).astype(str)
    table = pa.table({"image_binary": pa.array(encoded, pa.binary()), "label": pa.array(labels, pa.string())})
    target = arguments.out / "artifacts/mnist_images_delta"
    target.parent.mkdir(parents=True)
    deltalake.write_deltalake(str(target), table)


if __name__ == "__main__":
    main()
