"""AVIF's header and metadata against what Pillow wrote and reads."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import BIN
from PIL import Image

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/avif"/></rdf:RDF></x:xmpmeta>'
)


def Picture(mode: str, width: int, height: int) -> Image.Image:
    noise = np.random.default_rng(7).integers(0, 255, (height, width, 4), dtype=np.uint8)
    return Image.fromarray(noise).convert(mode)


def Inspect(*files: Path, status: int = 0) -> list[dict]:
    run = subprocess.run([BIN / "pixlake", "inspect", "--json", *files], capture_output=True)
    assert run.returncode == status, run.stderr
    return json.loads(run.stdout)["images"]


@pytest.mark.parametrize(("mode", "width", "height"), [("RGB", 33, 17), ("RGBA", 64, 48), ("RGB", 1, 1), ("L", 20, 30)])
def test_size_and_mode_are_pillows(tmp_path: Path, mode: str, width: int, height: int) -> None:
    path = tmp_path / "image.avif"
    Picture(mode, width, height).save(path, speed=10)
    with Image.open(path) as image:
        expected = (image.format, image.size)
        mode = image.mode
    found = Inspect(path)[0]
    assert (found["format"], (found["width"], found["height"])) == expected
    assert found["verdict"] == "ok"
    # Pillow shows a grey AVIF as RGB; the file says that there is one channel.
    assert found["mode"] in ({mode} | ({"L"} if mode == "RGB" else set()))
    assert found["bit_depth"] == 8


def test_exif_xmp_and_profile_are_found(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Maker of tests"
    exif[0x0112] = 6
    exif.get_ifd(0x8769)[0x9003] = "2026:11:21 10:00:00"
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "image.avif"
    Picture("RGB", 40, 30).save(path, exif=exif.tobytes(), xmp=XMP, icc_profile=profile, speed=10)
    found = Inspect(path)[0]
    assert found["exif"]["IFD0"]["Make"] == "Maker of tests"
    assert found["exif"]["Exif"]["DateTimeOriginal"] == "2026:11:21 10:00:00"
    assert found["xmp"]["dc:format"] == "image/avif"
    assert found["icc"]["size"] == len(profile)


def test_a_cut_avif_is_truncated(tmp_path: Path) -> None:
    path = tmp_path / "image.avif"
    Picture("RGB", 200, 100).save(path, speed=10)
    data = path.read_bytes()
    for share in (0.3, 0.6, 0.9, 0.99):
        cut = tmp_path / "cut.avif"
        cut.write_bytes(data[: int(len(data) * share)])
        assert Inspect(cut, status=3)[0]["verdict"] == "truncated_at", share


def test_no_damaged_byte_breaks_the_parser(tmp_path: Path) -> None:
    """Every byte of the boxes in front, wrong: a verdict, always within the pixels allowed."""
    path = tmp_path / "image.avif"
    Picture("RGBA", 30, 20).save(path, speed=10)
    data = path.read_bytes()
    files = []
    for place in range(min(len(data), 400)):
        files.append(tmp_path / f"{place}.avif")
        files[-1].write_bytes(data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :])
    run = subprocess.run([BIN / "pixlake", "inspect", "--json", *files], capture_output=True, timeout=60)
    assert run.returncode in (0, 3), run.stderr
    assert len(json.loads(run.stdout)["images"]) == len(files)
