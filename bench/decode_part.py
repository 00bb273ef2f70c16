"""Every pixel checked, beside a plain loop of libjpeg-turbo's."""

from __future__ import annotations

import json
import statistics
import subprocess

from contest import BIN, Aim, Bench


def FullCheck(bench: Bench) -> list[str]:
    import numpy as np
    from PIL import Image

    random = np.random.default_rng(11)
    files, pixels = [], 0
    folder = bench.work / "decode"
    folder.mkdir()
    for number in range(60):
        # A few soft shapes and sensor noise: what a photograph costs a decoder.
        small = Image.fromarray(random.integers(0, 255, (24, 32, 3), dtype=np.uint8))
        photo = np.asarray(small.resize((2048, 1536), Image.Resampling.BICUBIC)).astype(np.int16)
        photo = np.clip(photo + random.normal(0, 6, photo.shape), 0, 255).astype(np.uint8)
        files.append(folder / f"{number}.jpg")
        Image.fromarray(photo).save(files[-1], quality=88)
        pixels += photo.shape[0] * photo.shape[1]
    out = subprocess.run(
        [BIN / "decode_benchmark", str(bench.runs), *files], check=True, capture_output=True, text=True
    ).stdout
    times = {name: statistics.median(seconds) for name, seconds in json.loads(out).items()}
    names = {
        "plain": "libjpeg-turbo, a plain loop to RGB",
        "here": "**pixlake** `--check full`",
        "sandboxed": "**pixlake** `--check full --sandbox`",
    }
    lines = ["| | seconds | million pixels a second | of the plain loop |", "|---|--:|--:|--:|"]
    for name, title in names.items():
        print(f"  {title}: {times[name]:.3f} s", flush=True)
        rate = pixels / times[name] / 1e6
        lines.append(f"| {title} | {times[name]:.2f} s | {rate:.0f} | {times['plain'] / times[name]:.2f} |")
    report = ["## Every pixel checked", ""]
    report.append(
        "60 JPEG files of 2048x1536 in memory, one core, in process. Ours decodes all coefficients and leaves out "
        "what is computed from them, which cannot fail; the loop makes RGB of them."
    )
    return [
        *report,
        "",
        *lines,
        "",
        Aim("the check, of the plain loop's rate", times["plain"] / times["here"], 0.9, False),
        Aim("sandboxed, of the plain loop's rate", times["plain"] / times["sandboxed"], 0.85, False),
    ]
