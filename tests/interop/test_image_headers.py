"""What we say of an image's header and structure, beside what Pillow makes of it.

`image_headers_probe` prints a line for each file. Where the two disagree the reason
stands here: a disagreement that is not listed fails the test.
"""

import io
import subprocess
import warnings

import numpy as np
import pytest
from conftest import BIN
from PIL import Image

FOLDERS = ("photos", "png", "tiff", "exif", "broken")

# Channels of Pillow's modes as ours: a palette is its colours.
CHANNELS = {"1": 1, "L": 1, "I": 1, "F": 1, "I;16": 1, "I;16B": 1, "LA": 2, "P": 3, "PA": 4, "RGB": 3, "YCbCr": 3}
CHANNELS |= {"LAB": 3, "RGBA": 4, "CMYK": 4, "RGBX": 4}

# Pillow refuses what is sound as far as a header tells.
SOUND_BUT_REFUSED = {
    "broken/exiv2/issue_828_poc.png": "the CRC of a text chunk is wrong; pixels are whole",
    "broken/pillow/png_decompression_dos.png": "a text chunk inflates without end; pixels are whole",
    "exif/exiv2/Reagan.hej2": "HEIF, which this Pillow has no plugin for",
    "tiff/bigtiff/BigTIFFMotorola.tif": "Pillow does not read big-endian BigTIFF",
    "tiff/libtiffpic/caspian.tif": "64-bit floats, which Pillow has no mode for",
}
# Pillow has no mode for these depths; libtiff gives their samples.
DEPTHS_PILLOW_LACKS = {
    "minisblack": (14, 24),
    "palette": (16,),
    "rgb-contig": (2, 14, 32),
    "rgb-planar": (2, 10, 14, 24, 32),
}
SOUND_BUT_REFUSED |= {
    f"tiff/libtiffpic/depth_flower-{kind}-{bits:02}.tif": f"Pillow has no mode for {kind} of {bits} bits"
    for kind, depths in DEPTHS_PILLOW_LACKS.items()
    for bits in depths
}

# Pillow opens these and fails at the pixels: a header cannot know, a decoder says so.
DAMAGED_PIXELS = {
    "broken/imagetestsuite-jpg/2c9e7a1805f8b47630bbb83d21bf8222.jpg": "a second frame header behind the first scan",
    "broken/imagetestsuite-jpg/4085c929e00c446d3fee18b5b20a27f9.jpg": "impossible parameters of a progressive scan",
    "broken/imagetestsuite-jpg/551c2656a4f6f9f5ea7e9945b9081202.jpg": "a damaged Huffman table",
    "broken/imagetestsuite-jpg/5dc71b1d868ef137394d3cc23abea65a.jpg": "a later scan of a component that there is not",
    "broken/imagetestsuite-tif/m11-42c19f8e79e582bef107f372f18a074b.tif": "LZW data of another kind",
    "broken/pillow/chunk_no_fctl.png": "the animation is damaged, the still image is not",
    "tiff/libtiffpic/text.tif": "its ThunderScan data ends at line 320",
}

# Pillow loads these, more lenient than their specification.
LENIENTLY_LOADED = {
    "broken/libspng/huge_IDAT.png": "IDAT says 1 GiB and the file ends before",
    "broken/libspng/missing_plte.png": "no palette; Pillow makes one up",
    "exif/exiv2/Reagan.jp2": "JPEG 2000 is not among our formats",
    "png/PngSuite/xcsn0g01.png": "the CRC of IDAT is wrong; Pillow does not look",
    "tiff/pillow/separate_planar_extra_samples.tiff": "the second plane has no bytes; Pillow leaves it out",
}

# Pillow turns these by their orientation when it opens them; our sizes are the stored ones.
TURNED = {f"tiff/pillow/g4_orientation_{turn}.tif" for turn in (5, 6, 7, 8)} | {
    "broken/pillow/crash-74d2a78403a5a59db1fb0a2b8735ac068a75f6e3.tif"
}

# Pillow keeps 16-bit grey with alpha as 8-bit RGBA.
GRAY_ALPHA_16 = {"basi4a16", "basn4a16", "bgai4a16", "bggn4a16", "13f665c09e4b03cdbe2fff3015ec8aa7"}

# 174 transparencies for 173 colours: libpng, and we, leave them out; Pillow takes them.
TRANSPARENCY_LEFT_OUT = {"broken/imagetestsuite-png/4f14b7aab3a41855378c5517342598b9.png"}


class Ours:
    def __init__(self, line: str):
        fields = line.split("\t")
        self.format = fields[1]
        self.size = (int(fields[2]), int(fields[3]))
        self.channels, self.bits = int(fields[4]), int(fields[5])
        self.verdict, self.offset, self.message = fields[6], int(fields[7]), fields[8]

    def __repr__(self):
        return f"{self.format} {self.size} {self.channels}x{self.bits} {self.verdict} {self.offset} {self.message}"


class Theirs:
    """`state` is "refused", "opened" (but its pixels are not to be had) or "loaded"."""

    def __init__(self, path):
        self.state, self.reason = "refused", ""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                image = Image.open(path)
                self.state, self.format, self.size = "opened", image.format, image.size
                self.channels = CHANNELS.get(image.mode)
                # Transparency without a channel of its own is one for us.
                if "transparency" in image.info and image.mode in ("1", "L", "P", "RGB", "I", "I;16"):
                    self.channels += 1
                if image.size[0] * image.size[1] <= 1 << 28:
                    image.load()
                    self.state = "loaded"
            except Exception as error:  # whatever a decoder makes of hostile bytes
                self.reason = f"{type(error).__name__}: {error}"

    def __repr__(self):
        return " ".join(f"{key}={value}" for key, value in vars(self).items())


def Probe(paths) -> list[Ours]:
    binary = BIN / "image_headers_probe"
    assert binary.exists(), f"{binary} is missing: run `make build` first"
    done = subprocess.run([binary, *paths], capture_output=True, text=True, check=True, timeout=120)
    lines = done.stdout.splitlines()
    assert len(lines) == len(paths)
    return [Ours(line) for line in lines]


def Disagreement(name: str, ours: Ours, theirs: Theirs) -> str | None:
    """What nobody has explained."""
    if theirs.state == "refused":
        if ours.verdict == "ok" and name not in SOUND_BUT_REFUSED:
            return "Pillow refuses it"
        return None
    if theirs.state == "loaded" and ours.verdict != "ok":
        return None if name in LENIENTLY_LOADED else "Pillow loads it"
    if theirs.state == "opened" and ours.verdict == "ok" and name not in DAMAGED_PIXELS:
        return "Pillow cannot load its pixels"
    if ours.verdict != "ok":
        return None
    if ours.format != {"MPO": "JPEG"}.get(theirs.format, theirs.format):
        return "another format"
    if ours.size != (theirs.size[::-1] if name in TURNED else theirs.size):
        return "another size"
    # Pillow looks into palettes of these two, and calls one of greys grey.
    gray_palette = ours.format in ("BMP", "GIF") and theirs.channels == 1 and ours.channels == 3
    explained = name in TRANSPARENCY_LEFT_OUT or any(part in name for part in GRAY_ALPHA_16)
    if ours.channels != theirs.channels and not gray_palette and not explained:
        return "other channels"
    return None


def test_every_file_of_the_corpus_is_judged_as_pillow_judges_it(corpus):
    paths = [path for folder in FOLDERS for path in sorted((corpus / folder).rglob("*")) if path.is_file()]
    if not paths:
        pytest.skip(f"NO CORPUS: {corpus} has none of {', '.join(FOLDERS)}")
    unexplained, compared = [], 0
    for path, ours in zip(paths, Probe(paths)):
        name = str(path.relative_to(corpus))
        theirs = Theirs(path)
        compared += theirs.state != "refused" or ours.format != ""
        if reason := Disagreement(name, ours, theirs):
            unexplained.append(f"{name}: {reason}\n  ours   {ours}\n  theirs {theirs}")
    assert not unexplained, "\n".join(unexplained)
    assert compared > 500


def test_reasons_are_given_only_where_there_is_a_disagreement(corpus):
    for name in [*SOUND_BUT_REFUSED, *DAMAGED_PIXELS]:
        if (corpus / name).exists():
            assert Probe([corpus / name])[0].verdict == "ok", name
    for name in LENIENTLY_LOADED:
        if (corpus / name).exists():
            assert Probe([corpus / name])[0].verdict != "ok", name


def Drawn(mode: str) -> Image.Image:
    pixels = np.arange(23 * 17 * 3, dtype=np.uint32).reshape(17, 23, 3)
    image = Image.fromarray((pixels * 7 % 256).astype(np.uint8))
    if mode == "I;16":
        return Image.fromarray((pixels[:, :, 0] * 50).astype(np.uint16))
    return image.convert(mode)


# What Pillow can write; the corpus has no WebP or BMP and but two GIF.
WRITTEN = [
    *[("JPEG", mode, {"progressive": progressive}) for mode in ("L", "RGB", "CMYK") for progressive in (False, True)],
    *[("PNG", mode, {}) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")],
    *[("TIFF", mode, {"compression": "raw"}) for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "LAB", "I;16", "F")],
    *[("TIFF", "RGB", {"compression": how}) for how in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg")],
    ("TIFF", "1", {"compression": "group4"}),
    ("TIFF", "RGB", {"big_tiff": True}),
    *[("GIF", mode, {}) for mode in ("1", "L", "P", "RGB")],
    *[("BMP", mode, {}) for mode in ("1", "L", "P", "RGB", "RGBA")],
    *[("WEBP", mode, {"lossless": lossless}) for mode in ("RGB", "RGBA") for lossless in (False, True)],
]


@pytest.mark.parametrize(("kind", "mode", "options"), WRITTEN)
def test_what_pillow_writes_is_read_and_cutting_it_is_noticed(kind, mode, options, tmp_path):
    buffer = io.BytesIO()
    Drawn(mode).save(buffer, kind, **options)
    content = buffer.getvalue()
    whole = tmp_path / "whole"
    whole.write_bytes(content)
    cuts = sorted({max(1, len(content) * part // 16) for part in range(1, 16)} | {len(content) - 3})
    paths = [whole, *(tmp_path / f"cut{cut}" for cut in cuts)]
    for path, cut in zip(paths[1:], cuts):
        path.write_bytes(content[:cut])
    ours, *shortened = Probe(paths)
    theirs = Theirs(whole)
    assert Disagreement("", ours, theirs) is None, f"{ours}\n{theirs}"
    assert (ours.verdict, theirs.state) == ("ok", "loaded")
    for cut, verdict in zip(cuts, shortened):
        # All pixels and their directory are there: only the offset of a next one is cut.
        if kind == "TIFF" and cut >= len(content) - 4 and verdict.verdict == "ok":
            continue
        # Under a magic's length it is no format at all.
        assert verdict.verdict == ("truncated_at" if cut >= 18 else verdict.verdict) != "ok", f"{cut}: {verdict}"
        assert verdict.verdict != "truncated_at" or verdict.offset == cut
