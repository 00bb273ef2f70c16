#!/usr/bin/env python3
"""Draws the landscapes that README's contact sheet shows, and the sheet with `pixlake show`.

    tools/make_pictures.py [PIXLAKE]      (a Python with Pillow; the default is build/release/bin/pixlake)

The same program gives the same pictures; nobody else's are in them.
"""

from __future__ import annotations

import colorsys
import math
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent


def Colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    return tuple(round(255 * part) for part in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def Landscape(seed: int) -> Image.Image:
    """A sky, a sun or moon, and hills that are paler the farther away they are."""
    draws = random.Random(seed)
    width, height = draws.choice([(480, 320), (320, 480), (480, 360)])
    sky, land = draws.random(), draws.random()
    night = draws.random() < 0.25
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        down = y / height
        draw.line([(0, y), (width, y)], Colour(sky + 0.12 * down, 0.55 - 0.4 * down, (0.25 if night else 0.95)))
    x, y, radius = (
        draws.uniform(0.2, 0.8) * width,
        draws.uniform(0.15, 0.45) * height,
        draws.uniform(0.06, 0.12) * width,
    )
    draw.ellipse([x - radius, y - radius, x + radius, y + radius], Colour(sky + 0.5, 0.15, 1.0))
    for layer in range(4):
        base, steep = height * (0.5 + 0.13 * layer), draws.uniform(0.04, 0.12) * height
        waves = [(draws.uniform(0.5, 4), draws.uniform(0, math.tau)) for _ in range(4)]
        ridge = [
            (px, base - steep * sum(math.sin(px / width * math.tau * f + p) / (1 + f) for f, p in waves))
            for px in range(0, width + 4, 4)
        ]
        shade = Colour(land + 0.03 * layer, 0.35 + 0.12 * layer, (0.3 if night else 0.75) * (1 - 0.18 * layer))
        draw.polygon([*ridge, (width, height), (0, height)], shade)
    return image


def main() -> None:
    pixlake = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/bin/pixlake")
    with tempfile.TemporaryDirectory() as folder:
        photos, lake = Path(folder, "photos"), Path(folder, "lake")
        photos.mkdir()
        for seed in range(24):
            Landscape(seed).save(photos / f"{seed:02}.jpg", quality=92)
        subprocess.run([pixlake, "ingest", photos, "--lake", lake, "--quiet"], check=True)
        sheet = ROOT / "docs/pictures/contact_sheet.png"
        sheet.parent.mkdir(exist_ok=True)
        command = [pixlake, "show", "raw.images", "--lake", lake, "--size", "110", "--limit", "24", "--output", sheet]
        subprocess.run(command, check=True)
        # Fewer colours than there are hardly show, and make it a third as large.
        Image.open(sheet).convert("RGB").quantize(200, dither=Image.Dither.NONE).save(sheet, optimize=True)
        print(f"{sheet}: {sheet.stat().st_size} bytes")


if __name__ == "__main__":
    main()
