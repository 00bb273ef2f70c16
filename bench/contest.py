"""Contestants that do the same work in turn, and what is said of them."""

from __future__ import annotations

import ctypes
import dataclasses
import os
import resource
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
PEERS = ROOT / "bench/peers"
# Peers in environments of their own, beside that of the others.
DUCKDB_DELTA = Path(sys.executable).parents[2] / "venv-duckdb-delta/bin/python"
IMG2DATASET = Path(sys.executable).parents[2] / "venv-img2dataset/bin/img2dataset"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pixlake"
DEPS = Path(os.environ.get("PIXLAKE_DEPS", CACHE / "deps"))
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclasses.dataclass
class Bench:
    """What every part gets."""

    work: Path  # a folder of its own, gone afterwards
    runs: int
    heavy_runs: int
    source: Path | None = None


@dataclasses.dataclass
class Run:
    wall: float
    cpu: float
    peak: int  # bytes, resident
    anonymous: int  # bytes of it that no file backs, at their peak


@dataclasses.dataclass
class Contestant:
    name: str
    command: Callable[[Path], list[str]]  # what to run for an output folder
    runs: int
    prepare: Callable[[Path], None] | None = None
    keep: bool = True  # its output until all are done; False for few large files
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
        self.pid, self.peak, self.anonymous, self.over = pid, 0, 0, threading.Event()

    def run(self):
        while not self.over.is_set():
            resident, anonymous = self.Tree(self.pid)
            self.peak = max(self.peak, resident)
            self.anonymous = max(self.anonymous, anonymous)
            self.over.wait(0.01)

    def Tree(self, pid: int) -> tuple[int, int]:
        try:
            pages = Path(f"/proc/{pid}/statm").read_text().split()
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            resident, shared = int(pages[1]) * PAGE, int(pages[2]) * PAGE
        except (OSError, IndexError):
            return 0, 0
        below = [self.Tree(int(child)) for child in children]
        return resident + sum(r for r, _ in below), resident - shared + sum(a for _, a in below)


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
    return Run(wall, cpu, watcher.peak, watcher.anonymous)


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
            if not contestant.keep:
                shutil.rmtree(out, ignore_errors=True)
            contestant.results.append(run)
            print(f"  {contestant.name}: {run.wall:.3f} s", flush=True)


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
