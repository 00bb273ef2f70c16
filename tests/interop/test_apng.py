"""Every frame of an animated PNG: Pillow's are whole, and none may be damaged or missing unnoticed."""

from __future__ import annotations

import json
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
from conftest import BIN
from PIL import Image

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def Check(path: Path) -> dict:
    run = subprocess.run([BIN / "pixlake", "inspect", "--check", "full", "--json", path], capture_output=True)
    return json.loads(run.stdout)["images"][0]


def Animation(path: Path, mode: str = "RGB", frames: int = 4, **options) -> list[tuple[bytes, bytes]]:
    """Noise with a square that moves, so that Pillow writes frames of parts; its chunks."""
    noise = np.random.default_rng(5).integers(0, 255, (40, 60, 4), dtype=np.uint8)
    images = []
    for number in range(frames):
        pixels = noise.copy()
        pixels[10:20, 5 * number : 5 * number + 10] = 255 - 20 * number
        image = Image.fromarray(pixels)
        images.append(image.quantize(16) if mode == "P" else image.convert(mode))
    images[0].save(path, save_all=True, append_images=images[1:], duration=100, **options)
    return Chunks(path.read_bytes())


def Chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        chunks.append((content[at + 4 : at + 8], content[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def Write(path: Path, chunks: list[tuple[bytes, bytes]]) -> Path:
    content = SIGNATURE
    for name, data in chunks:
        content += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("options", [{}, {"default_image": True}], ids=str)
def test_whole_animations_are_fine(tmp_path, mode, options):
    path = tmp_path / "a.png"
    if mode == "I;16":
        ramp = np.arange(2400, dtype=np.uint16).reshape(40, 60)
        images = [Image.fromarray(ramp + 1000 * number) for number in range(3)]
        images[0].save(path, save_all=True, append_images=images[1:], **options)
    else:
        Animation(path, mode, **options)
    with Image.open(path) as image:
        assert image.n_frames > 2
        for number in range(image.n_frames):
            image.seek(number)
            image.load()
    found = Check(path)
    assert found["verdict"] == "ok", found


def test_frames_over_frames_are_fine(tmp_path):
    Animation(tmp_path / "a.png", "RGBA", blend=1, disposal=2)
    assert Check(tmp_path / "a.png")["verdict"] == "ok"


def Damaged(data: bytes) -> bytes:
    return data[:40] + bytes([data[40] ^ 0x55]) + data[41:]


def Renumbered(chunks):
    number, result = 0, []
    for name, data in chunks:
        if name in (b"fcTL", b"fdAT"):
            data = struct.pack(">I", number) + data[4:]
            number += 1
        result.append((name, data))
    return result


def Last(chunks, name: bytes) -> int:
    return max(i for i, chunk in enumerate(chunks) if chunk[0] == name)


def DamageData(chunks):
    at = Last(chunks, b"fdAT")
    chunks[at] = (b"fdAT", Damaged(chunks[at][1]))


def CutData(chunks):
    at = Last(chunks, b"fdAT")
    chunks[at] = (b"fdAT", chunks[at][1][: len(chunks[at][1]) // 2])


def LoseData(chunks):
    del chunks[Last(chunks, b"fdAT")]


def LoseFrame(chunks):
    del chunks[Last(chunks, b"fcTL") : Last(chunks, b"IEND")]


def LoseControl(chunks):
    del chunks[Last(chunks, b"fcTL")]
    chunks[:] = Renumbered(chunks)


def FrameOutside(chunks):
    at = Last(chunks, b"fcTL")
    data = chunks[at][1]
    chunks[at] = (b"fcTL", data[:12] + struct.pack(">II", 60, 0) + data[20:])


def LargerFrame(chunks):
    at = Last(chunks, b"fcTL")
    data = chunks[at][1]
    chunks[at] = (b"fcTL", data[:4] + struct.pack(">IIII", 60, 40, 0, 0) + data[20:])


def WrongNumber(chunks):
    at = Last(chunks, b"fdAT")
    chunks[at] = (b"fdAT", struct.pack(">I", 77) + chunks[at][1][4:])


def MoreAnnounced(chunks):
    at = Last(chunks, b"acTL")
    chunks[at] = (b"acTL", struct.pack(">II", 9, 0))


@pytest.mark.parametrize(
    "damage",
    [DamageData, CutData, LoseData, FrameOutside, LargerFrame, WrongNumber],
    ids=lambda damage: damage.__name__,
)
def test_damage_behind_the_first_frame_is_seen(tmp_path, damage):
    chunks = Animation(tmp_path / "a.png")
    assert Check(Write(tmp_path / "same.png", chunks))["verdict"] == "ok"
    damage(chunks)
    found = Check(Write(tmp_path / "b.png", chunks))
    assert found["verdict"] == "corrupt", found
    header_only = subprocess.run([BIN / "pixlake", "inspect", "--json", tmp_path / "b.png"], capture_output=True)
    assert header_only.returncode == 0, "the header alone is sound"


@pytest.mark.parametrize("change", [LoseFrame, MoreAnnounced], ids=lambda change: change.__name__)
def test_counts_that_do_not_fit_are_noted(tmp_path, change):
    """All frames that there are can be shown, as browsers do."""
    chunks = Animation(tmp_path / "a.png")
    change(chunks)
    found = Check(Write(tmp_path / "b.png", chunks))
    assert found["verdict"] == "ok", found
    assert "acTL announces" in json.dumps([n for n in found["notes"] if n["code"] == "irregular_structure"])


def test_an_announcement_of_nothing_makes_no_animation(tmp_path):
    chunks = Animation(tmp_path / "a.png")
    for data in (struct.pack(">II", 0, 0), b"", b"12345"):
        chunks[Last(chunks, b"acTL")] = (b"acTL", data)
        found = Check(Write(tmp_path / "b.png", chunks))
        assert found["verdict"] == "ok", found
        assert "irregular_structure" in {note["code"] for note in found["notes"]}


def test_a_wrong_crc_of_a_frame_is_seen(tmp_path):
    path = tmp_path / "a.png"
    chunks = Animation(path)
    content = bytearray(path.read_bytes())
    at = content.rindex(b"fdAT") + 4 + len(chunks[Last(chunks, b"fdAT")][1])
    content[at] ^= 1
    path.write_bytes(content)
    assert Check(path)["verdict"] == "corrupt"


def test_an_announcement_behind_the_image_is_none(tmp_path):
    """The specification: no animation then, and its chunks are to be left alone."""
    chunks = Animation(tmp_path / "a.png")
    announced = chunks.pop(Last(chunks, b"acTL"))
    chunks.insert(Last(chunks, b"IDAT") + 1, announced)
    DamageData(chunks)
    assert Check(Write(tmp_path / "b.png", chunks))["verdict"] == "ok"
