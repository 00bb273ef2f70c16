"""What images say of themselves: 20,000 local ones, 10,000 from a server that is far away."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from contest import BIN, IMG2DATASET, PEERS, Aim, Bench, Compete, Contestant, Table
from inputs import Drawn, MakeImages
from PIL import Image

LOCAL = 20_000
FETCHED = 10_000
AT_ONCE = 128


def WithExif(content: bytes, number: int) -> bytes:
    """The image with what a camera writes: thumbnail-less EXIF with a position."""
    image = Image.open(io.BytesIO(content))
    exif = image.getexif()
    exif.update({0x010F: "Maker", 0x0110: f"Model {number}", 0x0112: 1, 0x0132: "2024:05:06 07:08:09"})
    exif.get_ifd(0x8769).update({0x829A: (1, 250), 0x829D: (28, 10), 0x8827: 200, 0x9003: "2024:05:06 07:08:09"})
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 15.0), 3: "E", 4: (11.0, 34.0, 30.0), 6: 519.0})
    out = io.BytesIO()
    image.save(out, "JPEG", quality="keep", exif=exif)
    return out.getvalue()


def WriteList(path: Path, urls) -> Path:
    path.write_text("url\n" + "".join(f"{url}\n" for url in urls))
    return path


def Described(contestant: Contestant, out: Path, count: int) -> None:
    files = [out] if out.is_file() else [path for path in out.rglob("*") if path.is_file()]
    lines = sum(path.read_bytes().count(b'"width"') for path in files if not path.name.startswith((".", "_")))
    lines = lines or sum(path.read_bytes().count(b'"ImageWidth"') for path in files)
    if lines != count:
        sys.exit(f"bench: {contestant.name} described {lines} images of {count}")


def LocalImages(bench: Bench) -> list[str]:
    folder = bench.work / "images"
    originals = [WithExif(Drawn(640, 480, 80 + seed, seed), seed) for seed in range(8)]
    total = MakeImages(folder, LOCAL, originals)
    listed = WriteList(bench.work / "list.csv", sorted(folder.rglob("*.jpg")))
    metadata = [BIN / "pixlake", "metadata", listed, "--quiet"]
    pillow = [sys.executable, PEERS / "metadata_pillow_piexif.py", listed]
    contestants = [
        Contestant(
            "pixlake",
            lambda out: [*map(str, metadata), "--success", f"{out}/good", "--failure", f"{out}.failed"],
            bench.runs,
        ),
        Contestant("Pillow + piexif, 2 processes", lambda out: [*map(str, pillow), str(out), "2"], bench.runs),
        Contestant(
            "PySpark + Pillow + piexif, local[2]",
            lambda out: [sys.executable, str(PEERS / "metadata_pyspark.py"), str(listed), str(out)],
            bench.heavy_runs,
        ),
    ]
    if shutil.which("exiftool"):
        command = f"exiftool -fast2 -json -r {folder} >"
        contestants.append(Contestant("exiftool -fast2", lambda out: ["sh", "-c", f"{command} {out}"], 1))
    Compete(contestants, bench.work, lambda contestant, out: Described(contestant, out, LOCAL))
    ours, *others = contestants
    report = ["## Metadata of local images", ""]
    report.append(
        f"{LOCAL:,} JPEGs with EXIF, {total / 1e9:.1f} GB, in the page cache, named in a CSV file: format, mode, size "
        "and EXIF of each as JSON. pixlake gives GPS as numbers and a verdict, too."
    )
    report += ["", *Table(contestants, ours), "", f"- {LOCAL / ours.wall:,.0f} images a second"]
    for other, wanted in zip(others, (20, 40, 400)):
        report.append(Aim(f"{other.name}: pixlake is so many times as fast", other.wall / ours.wall, wanted))
    return report


class Server:
    """The slow server, until the end of the block."""

    def __init__(self, image: Path, latency: float):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, PEERS / "slow_server.py", str(self.port), image, str(latency)]
        self.process = subprocess.Popen([*map(str, command)])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{self.url}/a.jpg", timeout=2).close()
                return self
            except OSError:
                time.sleep(0.05)
        sys.exit("bench: the server does not answer")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def Img2dataset(listed: Path, out: Path) -> float:
    """Images a second: fetched, kept as they are, hashed, their EXIF read, by processes and threads as many as ours."""
    command = [IMG2DATASET, "--url_list", listed, "--input_format", "csv", "--url_col", "url", "--output_folder", out]
    command += ["--processes_count", os.cpu_count(), "--thread_count", AT_ONCE // os.cpu_count()]
    command += ["--number_sample_per_shard", 1000, "--resize_mode", "no", "--output_format", "files"]
    command += ["--disable_all_reencoding", "True", "--extract_exif", "True", "--compute_hash", "sha256"]
    begin = time.monotonic()
    done = subprocess.run([*map(str, command)], check=True, capture_output=True, text=True)
    wall = time.monotonic() - begin
    found = sum(1 for _ in out.rglob("*.jpg"))
    if found != FETCHED:
        sys.exit(f"bench: img2dataset fetched {found} images of {FETCHED}: {done.stderr[-2000:]}")
    shutil.rmtree(out)
    return FETCHED / wall


def FetchedImages(bench: Bench) -> list[str]:
    image = bench.work / "image.jpg"
    image.write_bytes(WithExif(Drawn(96, 96, 75, 7), 1))
    ours, plain, peer = [], [], []
    with Server(image, 0.02) as server:
        listed = WriteList(bench.work / "list.csv", (f"{server.url}/{i}.jpg" for i in range(FETCHED)))
        script = bench.work / "paths.lua"
        script.write_text('n = 0\nrequest = function() n = n + 1; return wrk.format(nil, "/" .. n .. ".jpg") end\n')
        if not shutil.which("wrk"):
            return ["## Metadata over HTTP", "", "Not measured: the load generator `wrk` is not installed."]
        for number in range(bench.runs):
            out = bench.work / f"out{number}"
            command = ["metadata", listed, "--json", "--allow-private", "--per-host", AT_ONCE, "--connections", AT_ONCE]
            command += ["--success", out / "good", "--failure", out / "bad"]
            begin = time.monotonic()
            done = subprocess.run([*map(str, [BIN / "pixlake", *command])], check=True, capture_output=True, text=True)
            ours.append(FETCHED / (time.monotonic() - begin))
            report = json.loads(done.stdout)
            if report["succeeded"] != FETCHED:
                sys.exit(f"bench: {report}")
            load = ["wrk", "-t1", f"-c{AT_ONCE}", "-d3s", "-s", script, server.url]
            said = subprocess.run([*map(str, load)], check=True, capture_output=True, text=True).stdout
            plain.append(float(re.search(r"Requests/sec:\s*([\d.]+)", said)[1]))
            if number < bench.heavy_runs:
                peer.append(Img2dataset(listed, bench.work / f"peer{number}"))
            print(f"  pixlake {ours[-1]:,.0f}/s, wrk {plain[-1]:,.0f}/s, img2dataset {peer[-1]:,.0f}/s", flush=True)
    lines = ["## Metadata over HTTP", ""]
    lines.append(
        f"{FETCHED:,} images of {image.stat().st_size:,} bytes from a local server (asyncio, one process) that "
        f"answers after 20 ms, {AT_ONCE} requests at once, over {os.cpu_count()} cores that server and client share. "
        "wrk only counts what comes; pixlake parses, hashes and describes it; img2dataset reads EXIF, hashes and "
        "keeps a file of each."
    )
    lines += ["", "| | images a second, median | slowest to fastest |", "|---|--:|--:|"]
    for name, rates in (("pixlake metadata", ours), ("wrk", plain), ("img2dataset", peer)):
        lines.append(f"| {name} | {statistics.median(rates):,.0f} | {min(rates):,.0f} to {max(rates):,.0f} |")
    rate = statistics.median(ours)
    lines += ["", Aim("pixlake's rate over wrk's", rate / statistics.median(plain), 0.8)]
    return [*lines, f"- pixlake's rate over img2dataset's: {rate / statistics.median(peer):.1f}"]
