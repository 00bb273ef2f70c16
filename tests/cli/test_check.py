"""`--check full` and `--sandbox`: damage that headers do not show, bombs, memory (B3)."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from conftest import BIN
from PIL import Image

MODES = [pytest.param([], id="here"), pytest.param(["--sandbox"], id="sandbox")]


def Inspect(*arguments: str | Path) -> list[dict]:
    run = subprocess.run([BIN / "pixlake", "inspect", "--json", *arguments], capture_output=True, timeout=60)
    assert run.returncode in (0, 3), run.stderr
    return json.loads(run.stdout)["images"]


def Noise(width: int, height: int, seed: int = 3) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8))


def Chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def Png(width: int, height: int, pixels: bytes) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = Chunk(b"IHDR", header) + Chunk(b"IDAT", zlib.compress(pixels, 9)) + Chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("mode", MODES)
def test_a_missing_row_is_seen_only_by_decoding(tmp_path: Path, mode: list[str]) -> None:
    path = tmp_path / "short.png"
    path.write_bytes(Png(100, 100, b"\0" * (101 * 99)))
    assert Inspect(path, *mode)[0]["verdict"] == "ok"
    assert Inspect(path, "--check", "full", *mode)[0]["verdict"] in ("truncated_at", "corrupt")


@pytest.mark.parametrize("mode", MODES)
def test_damage_within_a_jpegs_scan_has_a_position(tmp_path: Path, mode: list[str]) -> None:
    path = tmp_path / "damaged.jpg"
    Noise(400, 300).save(path, quality=90)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff\xd3" * 20  # restart markers that do not belong there
    path.write_bytes(data)
    found = Inspect(path, "--check", "full", *mode)[0]
    assert found["verdict"] == "corrupt"
    assert abs(found["offset"] - middle) < 5000


@pytest.mark.parametrize("mode", MODES)
def test_the_last_frame_and_page_are_decoded_too(tmp_path: Path, mode: list[str]) -> None:
    frames = [Noise(64, 48, seed).convert("L") for seed in range(4)]
    gif, tiff, webp = tmp_path / "a.gif", tmp_path / "a.tif", tmp_path / "a.webp"
    frames[0].save(gif, save_all=True, append_images=frames[1:])
    pages = [Noise(64, 48) for _ in range(3)]
    pages[0].save(tiff, save_all=True, append_images=pages[1:], compression="tiff_lzw")
    pages[0].save(webp, save_all=True, append_images=[page.rotate(90) for page in pages[1:]], lossless=True)
    for path in (gif, tiff, webp):
        assert Inspect(path, "--check", "full", *mode)[0]["verdict"] == "ok", path
        data = bytearray(path.read_bytes())
        # The last frame's data stand last in GIF and WebP; Pillow writes pages of TIFF in order.
        place = len(data) - 400
        data[place : place + 60] = b"\xff" * 60 if path is gif else b"\xa5" * 60
        path.write_bytes(data)
        assert Inspect(path, "--check", "full", *mode)[0]["verdict"] != "ok", path


@pytest.mark.parametrize("mode", MODES)
def test_a_bomb_within_the_pixels_is_stopped_by_time(tmp_path: Path, mode: list[str]) -> None:
    path = tmp_path / "slow.png"
    side = 20_000
    path.write_bytes(Png(side, side, bytes((side + 1) * side)))
    begin = time.monotonic()
    found = Inspect(path, "--check", "full", "--max-seconds", "0.05", *mode)[0]
    assert found["verdict"] == "bomb"
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("mode", MODES)
def test_memory_is_bounded(tmp_path: Path, mode: list[str]) -> None:
    """A lossless WebP is held whole by its decoder: more than it may take is a bomb that says so."""
    path = tmp_path / "large.webp"
    Image.new("RGB", (8000, 8000), (1, 2, 3)).save(path, lossless=True, method=0)
    small = Inspect(path, "--check", "full", "--memory", "64MB", *mode)[0]
    assert small["verdict"] == "bomb"
    assert "memory" in small["message"]
    assert Inspect(path, "--check", "full", "--memory", "2GB", *mode)[0]["verdict"] == "ok"


def test_a_confined_decoder_says_what_the_library_says(corpus: Path) -> None:
    files = sorted(p for p in (corpus / "broken").rglob("*") if p.suffix in {".png", ".jpg", ".tif", ".gif", ".webp"})
    here = Inspect("--check", "full", *files)
    assert here == Inspect("--check", "full", "--sandbox", *files)
    assert len(here) >= 100


def test_a_missing_decoder_is_an_error_not_a_verdict(tmp_path: Path) -> None:
    """Images must not be quarantined because of how pixlake was installed."""
    alone = tmp_path / "bin"
    alone.mkdir()
    os.link(BIN / "pixlake", alone / "pixlake") if os.stat(BIN).st_dev == os.stat(alone).st_dev else (
        alone / "pixlake"
    ).write_bytes((BIN / "pixlake").read_bytes())
    (alone / "pixlake").chmod(0o755)
    path = tmp_path / "a.png"
    Noise(4, 4).save(path)
    run = subprocess.run(
        [alone / "pixlake", "ingest", path, "--lake", tmp_path / "lake", "--sandbox", "--json"], capture_output=True
    )
    assert run.returncode == 1
    assert "pixlake-decoder" in json.loads(run.stdout)["error"]["message"]


def test_ingest_quarantines_what_full_decoding_finds(tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    Noise(50, 40).save(folder / "good.png")
    (folder / "short.png").write_bytes(Png(100, 100, b"\0" * 5000))
    for mode in ([], ["--sandbox"]):
        lake = tmp_path / f"lake{len(mode)}"
        run = subprocess.run(
            [BIN / "pixlake", "ingest", folder, "--lake", lake, "--check", "full", "--json", *mode],
            capture_output=True,
        )
        assert run.returncode == 3, run.stderr
        report = json.loads(run.stdout)
        assert (report["images"], report["quarantined"]) == (1, 1)
