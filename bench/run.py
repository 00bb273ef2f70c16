#!/usr/bin/env python3
"""Runs pixlake beside its peers and writes docs/benchmarks.md.

    make bench                                  everything
    bench/run.py [--runs 5] [--heavy-runs 3] [--only table|tree|start] [--source DIR]

Same machine, same input, each run in a fresh folder, the contestants taking turns
so that a slow minute hits all of them. Medians of the wall time; processor time and
peak resident memory are the whole process tree's.
"""

from __future__ import annotations

import argparse
import ctypes
import dataclasses
import importlib.metadata
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
PEERS = ROOT / "bench/peers"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pixlake"
DEPS = Path(os.environ.get("PIXLAKE_DEPS", CACHE / "deps"))
TREE = "flat_files/mnist_png"
TABLE = "artifacts/mnist_images_delta"
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclasses.dataclass
class Run:
    wall: float
    cpu: float
    peak: int  # bytes


@dataclasses.dataclass
class Contestant:
    name: str
    command: Callable[[Path], list[str]]  # what to run for an output folder
    runs: int
    prepare: Callable[[Path], None] | None = None
    results: list[Run] = dataclasses.field(default_factory=list)

    @property
    def wall(self) -> float:
        return statistics.median(run.wall for run in self.results)


class MemoryWatch(threading.Thread):
    """The largest sum of resident memory of a process and its descendants.

    A process of its own that lives shorter than a look adds nothing to speak of.
    """

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.pid, self.peak, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.is_set():
            self.peak = max(self.peak, self.Tree(self.pid))
            self.over.wait(0.005)

    def Tree(self, pid: int) -> int:
        try:
            resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except (OSError, IndexError):
            return 0
        return resident + sum(self.Tree(int(child)) for child in children)


def AdoptOrphans() -> None:
    """Makes processes that outlive their parent (Spark's JVM) ours, so they count."""
    PR_SET_CHILD_SUBREAPER = 36
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        sys.exit("bench: cannot adopt orphaned processes")


def WaitForOrphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def Measure(command: list[str], log: Path, watch: bool = True) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL)
        watcher = MemoryWatch(process.pid)
        if watch:
            watcher.start()
        _, status, _ = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        WaitForOrphans()
    if watch:
        watcher.over.set()
        watcher.join()
    if process.returncode != 0:
        sys.exit(f"bench: {' '.join(command)} ended with status {process.returncode}:\n{log.read_text()[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    # Not wait4's ru_maxrss: it starts at what this Python had before exec.
    return Run(wall, cpu, watcher.peak)


def Compete(contestants: list[Contestant], work: Path, check: Callable[[Contestant, Path], None] | None = None):
    """Everyone takes turns, until each has its number of runs."""
    for number in range(max(contestant.runs for contestant in contestants)):
        for contestant in contestants:
            if number >= contestant.runs:
                continue
            # Nothing is deleted before everyone is done: ext4 makes files dearly for
            # half a minute after 70,000 of them were removed.
            out = work / f"runs-{len(contestants)}" / f"{number}-{contestants.index(contestant)}"
            out.parent.mkdir(exist_ok=True)
            if contestant.prepare:
                contestant.prepare(out)
            os.sync()  # nobody pays for what another left in the page cache
            run = Measure(contestant.command(out), work / "log")
            if check:
                check(contestant, out)
            contestant.results.append(run)
            print(f"  {contestant.name}: {run.wall:.3f} s", flush=True)


def CheckRows(contestant: Contestant, out: Path, tree: bool) -> None:
    """A contestant that did not do the work does not count."""
    import deltalake

    rows = deltalake.DeltaTable(str(out / TABLE)).to_pyarrow_dataset().count_rows()
    files = sum(len(files) for _, _, files in os.walk(out / TREE)) if tree else 70000
    if (rows, files) != (70000, 70000):
        sys.exit(f"bench: {contestant.name} wrote {rows} rows and {files} files, expected 70,000 of each")


# --- the report ------------------------------------------------------------------


def Machine(work: Path) -> list[tuple[str, str]]:
    processor = Path("/proc/cpuinfo").read_text()
    cpu = processor.partition("model name")[2].partition("\n")[0].lstrip("\t :") or "unknown"
    memory = os.sysconf("SC_PHYS_PAGES") * PAGE / 2**30
    disk = subprocess.run(
        ["findmnt", "-no", "FSTYPE,OPTIONS", "--target", str(work)], capture_output=True, text=True
    ).stdout.strip()
    java = subprocess.run(["java", "-version"], capture_output=True, text=True).stderr.splitlines()
    versions = ["numpy", "pillow", "opencv-python-headless", "pyarrow", "deltalake", "pandas", "pyspark", "delta-spark"]
    ours = json.loads(subprocess.run([BIN / "pixlake", "version", "--json"], capture_output=True, text=True).stdout)
    commit = subprocess.run(
        ["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True
    ).stdout.strip()
    return [
        ("processor", f"{cpu}, {os.cpu_count()} cores"),
        ("memory", f"{memory:.0f} GiB"),
        ("file system", disk.split(",")[0]),
        ("kernel", platform.release()),
        ("pixlake", f"{ours.get('version', '?')} at {commit}"),
        ("Python", platform.python_version()),
        ("Java", java[0] if java else "none"),
        ("peers", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in versions)),
    ]


def Table(contestants: list[Contestant], ours: Contestant) -> list[str]:
    lines = ["| | wall, median | fastest to slowest | processor | peak memory | runs | pixlake is |"]
    lines.append("|---|--:|--:|--:|--:|--:|--:|")
    for contestant in contestants:
        walls = [run.wall for run in contestant.results]
        cpu = statistics.median(run.cpu for run in contestant.results)
        peak = statistics.median(run.peak for run in contestant.results)
        ratio = contestant.wall / ours.wall
        said = "–" if contestant is ours else f"**{ratio:.1f}x** as fast" if ratio >= 1 else f"{1 / ratio:.2f}x as long"
        lines.append(
            f"| {contestant.name} | {contestant.wall:.2f} s | {min(walls):.2f} to {max(walls):.2f} s "
            f"| {cpu:.1f} s | {peak / 2**20:.0f} MiB | {len(walls)} | {said} |"
        )
    return lines


def Aim(text: str, found: float, wanted: float, at_most: bool = False) -> str:
    met = found <= wanted if at_most else found >= wanted
    bound = "at most" if at_most else "at least"
    return f"- {text}: {bound} {wanted:g}, measured {found:.2f}: {'met' if met else 'NOT MET'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--heavy-runs", type=int, default=3, help="of the peer with Spark, which takes a minute")
    parser.add_argument("--only", choices=["table", "tree", "start"], action="append")
    parser.add_argument("--source", type=Path, default=None)
    parser.add_argument("--output", type=Path, default=ROOT / "docs/benchmarks.md")
    parser.add_argument("--work", type=Path, default=ROOT / "out", help="on the file system to measure")
    arguments = parser.parse_args()
    parts = arguments.only or ["table", "tree", "start"]
    AdoptOrphans()

    arguments.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.work) as name:
        Bench(Path(name), parts, arguments)


def Bench(work: Path, parts: list[str], arguments) -> None:
    corpus = Path(os.environ.get("PIXLAKE_CORPUS", ROOT.parent / "shared/corpus")) / "mnist"
    source = arguments.source or Path(os.environ.get("PIXLAKE_MNIST", corpus))
    what = "MNIST, 70,000 images"
    if not (source / "train-images-idx3-ubyte.gz").exists():
        source, what = work / "mnist", "70,000 drawn digits of MNIST's shape (MNIST itself was not there)"
        subprocess.run([sys.executable, ROOT / "tools/make_synthetic_mnist.py", source], check=True)

    python = [sys.executable]
    runs, heavy = arguments.runs, arguments.heavy_runs

    def Peer(script: str, *extra: str) -> Callable[[Path], list[str]]:
        return lambda out: [*python, str(PEERS / script), "--source", str(source), "--out", str(out), *extra]

    def Ours(*extra: str) -> Callable[[Path], list[str]]:
        return lambda out: [str(BIN / "mnist-to-delta"), "--source", str(source), "--out", str(out), *extra]

    report = ["# Benchmarks", ""]
    report += ["<!-- Written by `make bench`; do not edit. -->", ""]
    report.append(
        f"{what}, on {date.today().isoformat()}. Every contestant got the same input and a fresh folder for each run, "
        "and they took turns. The time is the whole command's, from start to exit. Memory is the process tree's. "
        "Every result was opened with delta-rs and had its 70,000 rows."
    )
    report += ["", "| machine | |", "|---|---|"]
    report += [f"| {key} | {value} |" for key, value in Machine(work)]

    if "table" in parts:
        print("table alone", flush=True)
        ours = Contestant("**pixlake**", Ours("--no-tree"), runs)
        unsynced = Contestant("pixlake `--no-sync`", Ours("--no-tree", "--no-sync"), runs)
        peer = Contestant("OpenCV + pyarrow + deltalake", Peer("table_opencv_deltalake.py"), runs)
        single = Contestant("the same in one process", Peer("table_opencv_deltalake.py", "--processes", "1"), runs)
        Compete([ours, unsynced, peer, single], work, lambda who, out: CheckRows(who, out, tree=False))
        best = min(peer.wall, single.wall)
        report += ["", "## The table alone, from IDX", ""]
        report.append(
            "`mnist-to-delta --no-tree` against the fastest encoder there is for Python, in one process for each core "
            "and in one alone. pixlake syncs its files before it reports success, as delta-rs does not; the second row "
            "shows what that costs."
        )
        report += ["", *Table([ours, unsynced, peer, single], ours), ""]
        report.append(Aim("times as fast as the better of the two", best / ours.wall, 4))

    if "tree" in parts:
        print("tree and table", flush=True)
        ours = Contestant("**pixlake**", Ours(), runs)
        pillow = Contestant("Pillow + pyarrow + deltalake", Peer("tree_and_table_pillow_deltalake.py"), runs)
        jars = str(DEPS / "spark-jars")
        spark = Contestant(
            "numpy + Pillow + PySpark + delta-spark", Peer("tree_and_table_pyspark.py", "--jars", jars), heavy
        )
        archive = work / "tree.tar"
        first = work / "first"
        subprocess.run(Ours()(first), check=True, capture_output=True)
        subprocess.run(["tar", "-cf", archive, "-C", first, TREE], check=True)
        size = archive.stat().st_size / 2**20
        untar = Contestant(
            "`tar -x` of the same PNG files",
            lambda out: ["tar", "-xf", str(archive), "-C", str(out)],
            runs,
            prepare=lambda out: out.mkdir(),
        )
        table = next((first / TABLE).rglob("*.parquet"))
        content = shutil.copy(table, work / "table.parquet")
        floor = Contestant(
            "writing the table's bytes, synced",
            lambda out: ["dd", f"if={content}", f"of={out}/table", "bs=1M", "conv=fsync", "status=none"],
            runs,
            prepare=lambda out: out.mkdir(),
        )

        def Check(who: Contestant, out: Path) -> None:
            if who not in (untar, floor):
                CheckRows(who, out, tree=True)

        Compete([ours, pillow, spark, untar, floor], work, Check)
        report += ["", "## PNG tree and table", ""]
        report.append(
            f"`mnist-to-delta` against the two usual ways. The peer with Spark ran {heavy} times, for it takes long. "
            f"The last two rows are floors: the same files out of a tar archive ({size:.0f} MiB), and the table's "
            "bytes written and synced. Nearly all of pixlake's time here is the kernel's, creating 70,000 files: "
            "compare it with `tar -x`, which does nothing else."
        )
        report += ["", *Table([ours, pillow, spark, untar, floor], ours), ""]
        report.append(Aim("times as fast as with PySpark", spark.wall / ours.wall, 30))
        report.append(Aim("times as fast as with Pillow and deltalake", pillow.wall / ours.wall, 6))
        report.append(
            Aim("tree and table together, in times of `tar -x` of the tree alone", ours.wall / untar.wall, 1.3, True)
        )

    if "start" in parts:
        print("starting", flush=True)
        times = [Measure([str(BIN / "pixlake"), "version"], work / "log", watch=False).wall for _ in range(50)]
        report += ["", "## Starting", ""]
        report.append(
            f"`pixlake version`, 50 times: median {statistics.median(times) * 1000:.0f} ms, "
            f"fastest {min(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms."
        )
        report += ["", Aim("milliseconds, median", statistics.median(times) * 1000, 60, True)]

    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text("\n".join(report) + "\n", encoding="utf-8")
    print(f"bench: {arguments.output}")


if __name__ == "__main__":
    main()
