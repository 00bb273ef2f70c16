#!/usr/bin/env python3
"""Runs pixlake beside its peers and writes docs/benchmarks.md.

    make bench                                everything but `large`
    bench/run.py [--only PART]... [--runs 5] [--heavy-runs 3] [--source DIR] [--work DIR]

Same machine, same input, each run in a fresh folder, the contestants taking turns
so that a slow minute hits all of them. Medians of the wall time; processor time and
peak resident memory are the whole process tree's. What the file says of a part that
is not run stays as it is, with the day it was measured and the commit.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import change_part
import decode_part
import ingest_part
import log_part
import lookup_part
import metadata_part
import mnist_part
import scan_part
import upkeep_part
from contest import BIN, PAGE, ROOT, AdoptOrphans, Bench

# In the order of the report.
PARTS = {
    "table": mnist_part.TableAlone,
    "tree": mnist_part.TreeAndTable,
    "photos": ingest_part.Photos,
    "small": ingest_part.SmallFiles,
    "lookup": lookup_part.OneImage,
    "scan": scan_part.WholeTable,
    "metadata": metadata_part.LocalImages,
    "urls": metadata_part.FetchedImages,
    "upkeep": upkeep_part.Upkeep,
    "log": log_part.Log,
    "changes": change_part.Changes,
    "large": ingest_part.Large,
    "decode": decode_part.FullCheck,
    "start": mnist_part.Starting,
}
# Needs 45 GB of disk and ten minutes.
ONLY_WHEN_ASKED = {"large"}


def Commit() -> str:
    """Of the code that is measured; the page this writes does not count as a change of it."""

    def Git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True).stdout.strip()

    changed = Git("status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)docs/benchmarks.md")
    return Git("rev-parse", "--short", "HEAD") + ("-dirty" if changed else "")


def Machine(work: Path) -> list[tuple[str, str]]:
    processor = Path("/proc/cpuinfo").read_text()
    cpu = processor.partition("model name")[2].partition("\n")[0].lstrip("\t :") or "unknown"
    memory = os.sysconf("SC_PHYS_PAGES") * PAGE / 2**30
    disk = subprocess.run(
        ["findmnt", "-no", "FSTYPE,OPTIONS", "--target", str(work)], capture_output=True, text=True
    ).stdout.strip()
    java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.splitlines()
    versions = ["numpy", "pillow", "opencv-python-headless", "pyarrow", "deltalake", "pandas", "pyspark"]
    versions += ["delta-spark", "duckdb", "pylance"]
    ours = json.loads(subprocess.run([BIN / "pixlake", "version", "--json"], capture_output=True, text=True).stdout)
    peers = [f"{name} {importlib.metadata.version(name)}" for name in versions]
    for name, lock in (("img2dataset", "img2dataset"), ("duckdb-extension-delta", "duckdb_delta")):
        locked = re.search(rf"^{name}==(\S+)", (ROOT / f"bench/{lock}.txt").read_text(), re.MULTILINE)
        peers.append(f"{name} {locked[1]}")
    return [
        ("processor", f"{cpu}, {os.cpu_count()} cores"),
        ("memory", f"{memory:.0f} GiB"),
        ("file system", disk.split(",")[0]),
        ("kernel", platform.release()),
        ("pixlake", ours.get("version", "?")),
        ("Python", platform.python_version()),
        ("Java", java[0] if java else "none"),
        ("peers", ", ".join(peers)),
    ]


def Written(report: Path) -> dict[str, str]:
    """The parts of a report that is there, by name."""
    if not report.exists():
        return {}
    text = report.read_text(encoding="utf-8")
    return dict(re.findall(r"<!-- part: (\w+) -->\n(.*?)(?=<!-- part: |\Z)", text, re.DOTALL))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--heavy-runs", type=int, default=3, help="of the peers with Spark, which take a minute")
    parser.add_argument("--only", choices=list(PARTS), action="append")
    parser.add_argument("--source", type=Path, default=None, help="folder of the MNIST files")
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks.md")
    parser.add_argument("--work", type=Path, default=ROOT / "out", help="on the file system to measure")
    arguments = parser.parse_args()
    names = [name for name in PARTS if name in (arguments.only or set(PARTS) - ONLY_WHEN_ASKED)]
    AdoptOrphans()

    arguments.work.mkdir(parents=True, exist_ok=True)
    parts = Written(arguments.output)
    commit = Commit()
    failed = []
    for name in names:
        print(name, flush=True)
        try:
            with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.work) as folder:
                bench = Bench(Path(folder), arguments.runs, arguments.heavy_runs, arguments.source)
                lines = PARTS[name](bench)
        except (Exception, SystemExit) as error:
            # What the page said of it stays; the others are measured all the same.
            said = error.stderr[-3000:] if isinstance(error, subprocess.CalledProcessError) and error.stderr else ""
            print(f"bench: {name} failed: {error}\n{said}", file=sys.stderr, flush=True)
            failed.append(name)
            continue
        parts[name] = "\n".join([*lines, "", f"Measured {date.today().isoformat()} at {commit}."]) + "\n\n"
        # After every part: what ends the run later does not take what was measured with it.
        Write(arguments, parts)
    print(f"bench: {arguments.output}")
    if failed:
        sys.exit(f"bench: not measured: {', '.join(failed)}")


def Write(arguments, parts: dict[str, str]) -> None:
    report = ["# Benchmarks", "", "<!-- Written by `make bench`; do not edit. -->", ""]
    report.append(
        "Every contestant got the same input and a fresh folder for each run, and they took turns. The time is the "
        "whole command's, from start to exit, unless a part says otherwise. Memory is the process tree's. What was "
        "written was opened with delta-rs and had every row."
    )
    report += ["", "| machine | |", "|---|---|"]
    report += [f"| {key} | {value} |" for key, value in Machine(arguments.work)]
    text = "\n".join(report) + "\n\n"
    text += "".join(f"<!-- part: {name} -->\n{parts[name]}" for name in PARTS if name in parts)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
