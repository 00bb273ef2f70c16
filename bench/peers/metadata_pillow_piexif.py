"""What every image of a list says of itself, by Pillow and piexif on some processes, as JSON lines."""

import csv
import json
import multiprocessing
import sys

import piexif
from PIL import Image


def Text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return [Text(one) for one in value] if isinstance(value, tuple) else value


def Describe(path: str) -> str:
    with Image.open(path) as image:
        row = {"url": path, "format": image.format, "mode": image.mode, "width": image.width, "height": image.height}
        raw = image.info.get("exif", b"")
    exif = piexif.load(raw) if raw else {}
    row["exif"] = {
        directory: {piexif.TAGS[directory][tag]["name"]: Text(value) for tag, value in tags.items()}
        for directory, tags in exif.items()
        if isinstance(tags, dict)
    }
    return json.dumps(row)


if __name__ == "__main__":
    listed, out, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(listed, newline="") as source, open(out, "w") as target, multiprocessing.Pool(processes) as pool:
        for line in pool.imap_unordered(Describe, (row["url"] for row in csv.DictReader(source)), chunksize=64):
            target.write(line + "\n")
