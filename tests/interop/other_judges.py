"""What others make of an image file: whether they show all of it, or why not.

Run as a program it asks libvips of the files named on standard input, a line of JSON each: in a
process of its own, as hostile files may end it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

SHOWN = ""  # in place of a reason


def ByPillow(path: Path) -> str:
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with Image.open(path) as image:
                for frame in range(getattr(image, "n_frames", 1)):
                    image.seek(frame)
                    image.load()
        except Exception as error:  # Pillow raises anything on broken files
            return f"{type(error).__name__}: {error}"
    return SHOWN


def IsTrifle(line: str) -> bool:
    """A line of libtiff's on standard error that is of no pixel: of a field that it does not read."""
    return "thus tag is not read from file" in line or not line.strip()


def ByLibtiff(path: Path, programs: Path) -> str:
    """Copied page by page, or, where its pixels are subsampled, drawn."""
    with tempfile.TemporaryDirectory() as folder:
        said = ""
        for command in (["tiffcp", "-c", "none", path], ["tiff2rgba", path]):
            run = subprocess.run(
                [programs / command[0], *command[1:], Path(folder) / "out.tif"],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=120,
            )
            # Both go on after some errors and then call it a success.
            errors = [line for line in run.stderr.splitlines() if "Warning" not in line and not IsTrifle(line)]
            if run.returncode == 0 and not errors:
                return SHOWN
            said = said or (errors or ["no reason given"])[0]
        return said


def ByLibvips(files: list[Path]) -> list[str]:
    found: list[str] = []
    while len(found) < len(files):
        run = subprocess.run(
            [sys.executable, __file__],
            input="\n".join(map(str, files[len(found) :])),
            capture_output=True,
            text=True,
            timeout=900,
        )
        found += [json.loads(line) for line in run.stdout.splitlines()]
        if len(found) < len(files):  # the process was ended
            found.append(f"ended with {run.returncode}")
    return found


def _AskLibvips(path: str) -> str:
    import pyvips

    try:
        image = pyvips.Image.new_from_file(path, fail_on="error", access="sequential")
        pages = image.get("n-pages") if "n-pages" in image.get_fields() else 1
        image.avg()
        for page in range(1, min(pages, 256)):
            pyvips.Image.new_from_file(path, page=page, fail_on="error", access="sequential").avg()
    except Exception as error:  # its own, and that its message is no UTF-8
        return " ".join(f"{type(error).__name__} {error}".split())[:200]
    return SHOWN


if __name__ == "__main__":
    for line in sys.stdin.read().splitlines():
        print(json.dumps(_AskLibvips(line)), flush=True)
