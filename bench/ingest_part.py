"""Folders of images into a lake, beside copying them and beside other tables' writers (M1.2)."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from contest import BIN, PEERS, Aim, Bench, Compete, Contestant, Measure, Run, Table
from inputs import Photographs, SmallImages

MIB = 2**20


def Ours(source: Path, *extra: str) -> Callable[[Path], list[str]]:
    return lambda out: [str(BIN / "pixlake"), "ingest", str(source), "--lake", str(out), "--quiet", *extra]


def Peer(script: str, source: Path) -> Callable[[Path], list[str]]:
    return lambda out: [sys.executable, str(PEERS / script), "--source", str(source), "--out", str(out)]


def Copy(source: Path) -> Callable[[Path], list[str]]:
    # `sync -f`: the file system the copy is on, as pixlake's fsync waits for its own files.
    return lambda out: ["sh", "-c", 'cp -r --reflink=never "$0" "$1" && sync -f "$1"', str(source), str(out)]


def Rows(lake: Path) -> int:
    import deltalake

    return deltalake.DeltaTable(str(lake / "raw/images")).to_pyarrow_dataset().count_rows()


def CheckRows(count: int) -> Callable[[Contestant, Path], None]:
    def Check(who: Contestant, out: Path) -> None:
        if "pixlake" in who.name and Rows(out) != count:
            sys.exit(f"bench: {who.name} has {Rows(out)} rows, expected {count}")

    return Check


def Hashing() -> str:
    """What SHA-256 alone costs on one core, by the program's own measurement."""
    benchmark = BIN / "sha256_batch_benchmark"
    if not benchmark.exists():
        return "Hashing alone was not measured (build with PIXLAKE_BENCHMARKS=ON)."
    lines = subprocess.run([benchmark], capture_output=True, text=True, check=True).stdout.strip().splitlines()
    return "Hashing alone, on one core: " + "; ".join(" ".join(line.split()) for line in lines) + "."


def Warm(folder: Path) -> None:
    """Everything in the page cache: what is compared is the work, not the disk's reading."""
    subprocess.run(["sh", "-c", 'tar cf - "$0" | cat > /dev/null', str(folder)], check=True, capture_output=True)


def Photos(bench: Bench) -> list[str]:
    source = bench.work / "photos"
    count, size = Photographs(source, 2_000_000_000)
    Warm(source)
    ours = Contestant("**pixlake ingest**", Ours(source), bench.runs, keep=False)
    small = Contestant("pixlake `--memory 256MB`", Ours(source, "--memory", "256MB"), bench.runs, keep=False)
    copy = Contestant("`cp -r --reflink=never` and sync", Copy(source), bench.runs, keep=False)
    delta = Contestant("Python + deltalake", Peer("ingest_deltalake.py", source), bench.heavy_runs, keep=False)
    lance = Contestant("Python + Lance", Peer("ingest_lance.py", source), bench.heavy_runs, keep=False)
    everyone = [ours, small, copy, delta, lance]
    Compete(everyone, bench.work, CheckRows(count))
    report = ["## Two gigabytes of photographs", ""]
    report.append(
        f"{count} JPEGs, {size / 1e9:.2f} GB, in the page cache. `pixlake ingest` hashes every byte, reads every "
        "header, writes four tables and syncs them. The Python peers hash with hashlib, and neither looks into the "
        f"images nor syncs. {Hashing()}"
    )
    report += ["", *Table(everyone, ours), ""]
    anonymous = max(run.anonymous for run in small.results)
    report.append(Aim("throughput, of `cp` and sync's", copy.wall / ours.wall, 0.7))
    report.append(Aim("MB of anonymous memory under `--memory 256MB`", anonymous / 1e6, 400, True))
    report.append(Aim("throughput under `--memory 256MB`, of the default's", ours.wall / small.wall, 0.9))
    return report


def SmallFiles(bench: Bench) -> list[str]:
    source, count = bench.work / "small", 200_000
    size = SmallImages(source, count)
    Warm(source)
    ours = Contestant("**pixlake ingest**", Ours(source), bench.runs)
    tar = Contestant(
        "`tar` reading them",
        lambda out: ["sh", "-c", 'tar cf - "$0" | cat > /dev/null', str(source)],
        bench.runs,
    )
    copy = Contestant("`cp -r --reflink=never` and sync", Copy(source), bench.heavy_runs)
    delta = Contestant("Python + deltalake", Peer("ingest_deltalake.py", source), bench.heavy_runs)
    lance = Contestant("Python + Lance", Peer("ingest_lance.py", source), bench.heavy_runs)
    everyone = [ours, tar, delta, lance, copy]
    Compete(everyone, bench.work, CheckRows(count))
    again = []
    lake = bench.work / "again"
    subprocess.run(Ours(source)(lake), check=True, capture_output=True)
    for _ in range(bench.runs):
        again.append(Measure(Ours(source)(lake), bench.work / "log").wall)
    report = ["## 200,000 small files", ""]
    report.append(f"{count} JPEGs, {size / 1e9:.2f} GB, in the page cache.")
    report += ["", *Table(everyone, ours), ""]
    report.append(
        f"The second run over the same files, unchanged: median {statistics.median(again):.2f} s, "
        f"{min(again):.2f} to {max(again):.2f} s."
    )
    report += ["", Aim("throughput, of `tar` reading them", tar.wall / ours.wall, 0.8)]
    report.append(Aim("seconds of the second run", statistics.median(again), 1.5, True))
    return report


def Large(bench: Bench) -> list[str]:
    source = bench.work / "photos"
    count, size = Photographs(source, 20_000_000_000)
    results: list[Run] = []
    for number, extra in enumerate([["--memory", "256MB"], []]):
        lake = bench.work / f"lake-{number}"
        results.append(Measure(Ours(source, *extra)(lake), bench.work / "log"))
        if Rows(lake) != count:
            sys.exit(f"bench: {lake} has {Rows(lake)} rows, expected {count}")
        subprocess.run(["rm", "-r", str(lake)], check=True)
        subprocess.run(["sync"], check=True)
    small, default = results
    report = ["## Twenty gigabytes", ""]
    report.append(
        f"{count} JPEGs, {size / 1e9:.1f} GB, one run each: with `--memory 256MB` {small.wall:.0f} s "
        f"({size / 1e6 / small.wall:.0f} MB/s), by default {default.wall:.0f} s ({size / 1e6 / default.wall:.0f} MB/s)."
    )
    report += ["", Aim("MB of anonymous memory under `--memory 256MB`", small.anonymous / 1e6, 400, True)]
    report.append(Aim("throughput under `--memory 256MB`, of the default's", default.wall / small.wall, 0.9))
    return report
