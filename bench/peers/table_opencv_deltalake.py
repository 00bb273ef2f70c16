"""Peer: the table alone from IDX, with OpenCV's PNG encoder, pyarrow and delta-rs.

OpenCV encodes in two processes; level 1 is OpenCV's default and its fastest that
still compresses.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import cv2
import deltalake
import numpy as np
import pyarrow as pa
from idx import Load


def Encode(images: np.ndarray) -> list[bytes]:
    return [cv2.imencode(".png", image)[1].tobytes() for image in images]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    cv2.setNumThreads(1)

    parts = Load(arguments.source)
    images = np.concatenate([images for _, images, _ in parts])
    labels = np.concatenate([labels for _, _, labels in parts]).astype(str)
    if arguments.processes > 1:
        with ProcessPoolExecutor(arguments.processes) as pool:
            encoded = [
                blob for chunk in pool.map(Encode, np.array_split(images, 4 * arguments.processes)) for blob in chunk
            ]
    else:
        encoded = Encode(images)
    table = pa.table({"image_binary": pa.array(encoded, pa.binary()), "label": pa.array(labels, pa.string())})
    target = arguments.out / "artifacts/mnist_images_delta"
    target.parent.mkdir(parents=True)
    deltalake.write_deltalake(str(target), table)


if __name__ == "__main__":
    main()
