"""Why our verdicts differ from others' on the corpus: a sentence, and the files that it explains.

A pattern is matched with "FILE VERDICT WHO", as docs/conformance.md lists them.
"""

REASONS: list[tuple[str, list[str]]] = [
    (
        "A code of the compressed pixels stands for nothing; Pillow and libvips go on and show pixels that "
        "their decoder made up",
        [
            "broken/imagetestsuite-jpg/5482a54657765056f1a94116a8dbffe7.jpg *",
            "broken/imagetestsuite-jpg/2c9e7a1805f8b47630bbb83d21bf8222.jpg *",
            "broken/pillow/hopper_bad_exif.jpg *",
            "broken/pillow/crash-74d2a78403a5a59db1fb0a2b8735ac068a75f6e3.tif *",
        ],
    ),
    (
        "The third byte is not the FF that every marker begins with, so that nothing says JPEG; libvips takes "
        "two bytes for proof and skips what follows",
        [
            "broken/imagetestsuite-jpg/138d3b9e0d9fbf641b8135981e597c3a.jpg *",
            "broken/imagetestsuite-jpg/3ef05501315073d9d4e1c6b654d99ac0.jpg *",
        ],
    ),
    (
        "Frames of an animation are damaged or out of order; libvips knows still PNG alone and shows the first",
        [
            "broken/pillow/chunk_no_f*.png *",
            "broken/pillow/sequence_*.png *",
        ],
    ),
    (
        "More frames are announced than there are, and all that there are can be shown; Pillow looks for the others",
        ["broken/pillow/syntax_num_frames_high.png *"],
    ),
    (
        "The first picture is whole; of others that the multi-picture index names the file has nothing, which "
        "Pillow finds when it goes on to them",
        ["broken/exiv2/pr_1994_poc2.jpg *", "exif/exiftool/ExifTool.jpg *"],
    ),
    (
        "Text beside whole pixels is damaged, or inflates without end; Pillow, or the binding of libvips, refuses "
        "the image for it",
        ["broken/exiv2/issue_828_poc.png *", "broken/pillow/png_decompression_dos.png *"],
    ),
    (
        "Each frame is small, and a later one lies far out on the canvas, which Pillow would make as large",
        ["broken/pillow/decompression_bomb_extents.gif *"],
    ),
    (
        "The chunk of pixels says that it is 1 GiB and the file ends before, without an IEND; Pillow stops "
        "reading when it has its rows",
        ["broken/libspng/huge_IDAT.png *"],
    ),
    (
        "Pixels are numbers of a palette that is not there; Pillow makes one up",
        ["broken/libspng/missing_plte.png *"],
    ),
    (
        "The checksum of the pixels is wrong; Pillow does not look",
        ["png/PngSuite/xcsn0g01.png *"],
    ),
    (
        "The second of two planes has no bytes; Pillow and libtiff's tiff2rgba leave it out, tiffcp refuses it "
        "as we do",
        ["tiff/pillow/separate_planar_extra_samples.tiff *"],
    ),
    (
        "Pillow does not read big-endian BigTIFF",
        ["tiff/bigtiff/BigTIFFMotorola.tif *"],
    ),
    (
        "Samples of 2, 10, 12, 14, 16, 24, 32 or 64 bits in arrangements that Pillow or libvips have no kind of "
        "image for; libtiff gives them",
        [
            "tiff/libtiffpic/caspian.tif *",
            "tiff/libtiffpic/depth_flower-*.tif *",
            "tiff/pillow/12bit.cropped.tif *",
        ],
    ),
    (
        "libvips wants a field that TIFF 6.0 requires and every other reader takes for its default (photometric "
        "interpretation)",
        ["tiff/pillow/10ct_32bit_128.tiff *"],
    ),
    (
        "libvips makes of L*a*b* a kind of image that it cannot take the mean of, which is how it was asked",
        ["tiff/pillow/lab.tif *"],
    ),
    (
        "The libtiff of the libvips that was asked is built without old-style JPEG",
        ["tiff/pillow/old-style-jpeg-compression*.tif *"],
    ),
    (
        "libvips does not read tiles of separate planes",
        ["tiff/pillow/tiff_tiled_planar_raw.tif *"],
    ),
    (
        "WebP within TIFF is sound and not read by us, nor by Pillow's libtiff",
        ["tiff/pillow/hopper_webp.tif *"],
    ),
]
