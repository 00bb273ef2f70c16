"""Every pixel against Pillow's; every broken image judged (B3, design section 7)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
from conftest import BIN
from PIL import Image, ImageFile

# What differs, and whose it is.
EXPLAINED = {
    # Samples of 16 bits in planes: libtiff brings them to 8 by rounding, Pillow by cutting off.
    "depth_flower-rgb-planar-16.tif",
    "tiff_strip_planar_16bit_RGB.tiff",
    "tiff_strip_planar_16bit_RGBa.tiff",
    # The transparent grey is 15 of 15: Pillow looks for 15 of 255.
    "tbbn0g04.png",
}
PIXELS_ARE_SOUND = {
    "png_decompression_dos.png": "text that inflates without end beside whole pixels",
    "issue_828_poc.png": "Pillow refuses the damaged text beside whole pixels",
    "chunk_no_fctl.png": "the still image is whole, the animation's control chunks are not",
}
TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
IMAGES = {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".gif", ".bmp", ".webp"}


def Probe(files: list[Path], folder: Path) -> list[dict]:
    out = []
    for begin in range(0, len(files), 50):
        part = files[begin : begin + 50]
        (folder / str(begin)).mkdir()
        run = subprocess.run(
            [BIN / "pixels_probe", folder / str(begin), *part], capture_output=True, check=True, timeout=300
        )
        lines = [json.loads(line) for line in run.stdout.decode().splitlines()]
        assert len(lines) == len(part)
        for number, line in enumerate(lines):
            line["raw"] = folder / str(begin) / f"{number}.raw"
            out.append(line)
    return out


def Ours(line: dict) -> np.ndarray:
    kind = np.uint16 if line["bits"] == 16 else np.uint8
    return np.fromfile(line["raw"], kind).reshape(line["height"], line["width"], line["channels"])


def Theirs(path: Path, line: dict) -> np.ndarray | None:
    """Pillow's pixels in our layout; None where Pillow has none that compare."""
    with Image.open(path) as image:
        image.load()
        if line["bits"] == 16 and line["channels"] == 1:
            if not image.mode.startswith("I"):
                return None
            return np.asarray(image).astype(np.uint16)[..., None]
        mode = {1: "L", 2: "LA", 3: "RGB", 4: "CMYK" if line["cmyk"] else "RGBA"}[line["channels"]]
        if line["bits"] == 16 and line["channels"] == 2:
            return None
        if image.mode in ("F", "I", "LAB") or (image.mode.startswith("I") and line["bits"] == 8):
            return None
        if line["cmyk"] and image.mode != "CMYK":
            return None
        pixels = np.asarray(image.convert(mode))
        return pixels[..., None] if pixels.ndim == 2 else pixels


def test_lossless_pixels_equal_pillows(corpus: Path, tmp_path: Path) -> None:
    files = sorted(
        path
        for folder in ("png", "tiff", "photos", "exif")
        for path in (corpus / folder).rglob("*")
        if path.suffix.lower() in IMAGES - {".jpg", ".jpeg"}
    )
    compared, wrong = 0, []
    for path, line in zip(files, Probe(files, tmp_path), strict=True):
        if line["decoded"]["verdict"] != "ok" or line["channels"] == 0:
            continue
        try:
            theirs = Theirs(path, line)
        except (OSError, SyntaxError, ValueError):
            continue
        if theirs is None:
            continue
        ours = Ours(line)
        if path.suffix.lower().startswith(".tif"):
            with Image.open(path) as image:
                turn = TURN.get(image.tag_v2.get(274, 1)) if hasattr(image, "tag_v2") else None
            # Pillow turns TIFF as it says it is to be shown.
            if turn is not None and ours.shape[2] in (3, 4) and not line["cmyk"]:
                ours = np.asarray(Image.fromarray(ours).transpose(turn))
        if ours.dtype == np.uint16 and theirs.dtype == np.uint8:
            ours = (ours >> 8).astype(np.uint8)  # Pillow has no colour of 16 bits
        compared += 1
        if path.name in EXPLAINED:
            continue
        visible = np.ones(ours.shape[:2], bool)
        if ours.shape == theirs.shape and ours.shape[2] == 4 and not line["cmyk"]:
            visible = theirs[..., 3] != 0  # what colour nothing has is nobody's business
        if ours.shape != theirs.shape or not np.array_equal(ours[visible], theirs[visible]):
            wrong.append(f"{path.relative_to(corpus)}: {ours.shape} {theirs.shape}")
    assert not wrong, "\n".join(wrong)
    assert compared >= 250


def test_jpeg_pixels_are_near_pillows(corpus: Path, tmp_path: Path) -> None:
    files = sorted(
        path
        for folder in ("photos", "exif")
        for path in (corpus / folder).rglob("*")
        if path.suffix.lower() in {".jpg", ".jpeg"}
    )[:150]
    compared = 0
    for path, line in zip(files, Probe(files, tmp_path), strict=True):
        if line["decoded"]["verdict"] != "ok":
            continue
        try:
            theirs = Theirs(path, line)
        except OSError:
            continue
        if theirs is None or theirs.shape != Ours(line).shape:
            continue
        compared += 1
        # Two builds of libjpeg-turbo may differ in the last bits of the inverse transform.
        difference = np.abs(Ours(line).astype(int) - theirs.astype(int))
        assert difference.mean() < 1, path
    assert compared >= 80


def test_every_broken_image_has_a_verdict_in_time(corpus: Path, tmp_path: Path) -> None:
    files = sorted(path for path in (corpus / "broken").rglob("*") if path.suffix.lower() in IMAGES)
    assert len(files) >= 100
    for path, line in zip(files, Probe(files, tmp_path), strict=True):
        assert line["seconds"] < 2, path
        assert line["checked"]["verdict"] in {"ok", "truncated_at", "corrupt", "bomb", "unsupported", "empty"}, path


def test_what_pillow_cannot_finish_is_not_called_sound(corpus: Path, tmp_path: Path) -> None:
    """An image that strict Pillow does not load whole misses pixels."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    files = sorted(path for path in (corpus / "broken").rglob("*") if path.suffix.lower() in IMAGES)
    passed = []
    for path, line in zip(files, Probe(files, tmp_path), strict=True):
        if line["checked"]["verdict"] != "ok" or path.name in PIXELS_ARE_SOUND:
            continue
        try:
            with Image.open(path) as image:
                image.load()
        except Exception as problem:  # Pillow raises anything on broken files
            passed.append(f"{path.relative_to(corpus)}: {problem!r:.120}")
    assert not passed, "\n".join(passed)


def test_cut_images_are_truncated_or_corrupt(corpus: Path, tmp_path: Path) -> None:
    """Sound images, cut at three quarters: never ok."""
    files = [p for p in sorted((corpus / "photos").rglob("*")) if p.suffix.lower() in IMAGES][:30]
    files += [p for p in sorted((corpus / "png").rglob("*.png")) if p.name.startswith("basn")]
    cut, whole = [], Probe(files, tmp_path)
    for number, (path, line) in enumerate(zip(files, whole, strict=True)):
        if line["checked"]["verdict"] == "ok":
            copy = tmp_path / f"cut-{number}{path.suffix}"
            data = path.read_bytes()
            copy.write_bytes(data[: len(data) * 3 // 4])
            cut.append(copy)
    (tmp_path / "cut").mkdir()
    for path, line in zip(cut, Probe(cut, tmp_path / "cut"), strict=True):
        assert line["checked"]["verdict"] in {"truncated_at", "corrupt"}, path
    assert len(cut) >= 40
