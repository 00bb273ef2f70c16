"""MNIST to PNG files and a table, against the usual ways in Python (M0)."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from contest import BIN, DEPS, PEERS, ROOT, Aim, Bench, Compete, Contestant, Measure, Table

TREE = "flat_files/mnist_png"
TABLE = "artifacts/mnist_images_delta"


def CheckRows(contestant: Contestant, out: Path, tree: bool) -> None:
    """A contestant that did not do the work does not count."""
    import deltalake

    rows = deltalake.DeltaTable(str(out / TABLE)).to_pyarrow_dataset().count_rows()
    files = sum(len(files) for _, _, files in os.walk(out / TREE)) if tree else 70000
    if (rows, files) != (70000, 70000):
        sys.exit(f"bench: {contestant.name} wrote {rows} rows and {files} files, expected 70,000 of each")


def Source(bench: Bench) -> tuple[Path, str]:
    """The IDX files and what they are."""
    corpus = Path(os.environ.get("PIXLAKE_CORPUS", ROOT.parent / "shared/corpus")) / "mnist"
    source = bench.source or Path(os.environ.get("PIXLAKE_MNIST", corpus))
    if (source / "train-images-idx3-ubyte.gz").exists():
        return source, "MNIST, 70,000 images"
    drawn = bench.work / "mnist"
    if not drawn.exists():
        subprocess.run([sys.executable, ROOT / "tools/make_synthetic_mnist.py", drawn], check=True)
    return drawn, "70,000 drawn digits of MNIST's shape (MNIST itself was not there)"


def Runs(source: Path) -> tuple[Callable, Callable]:
    """What makes our command, and a peer's."""

    def Peer(script: str, *extra: str) -> Callable[[Path], list[str]]:
        return lambda out: [
            sys.executable, str(PEERS / script), "--source", str(source), "--out", str(out), *extra
        ]  # fmt: skip

    def Ours(*extra: str) -> Callable[[Path], list[str]]:
        return lambda out: [str(BIN / "mnist-to-delta"), "--source", str(source), "--out", str(out), *extra]

    return Ours, Peer


def TableAlone(bench: Bench) -> list[str]:
    source, what = Source(bench)
    ours_run, peer_run = Runs(source)
    ours = Contestant("**pixlake**", ours_run("--no-tree"), bench.runs)
    unsynced = Contestant("pixlake `--no-sync`", ours_run("--no-tree", "--no-sync"), bench.runs)
    peer = Contestant("OpenCV + pyarrow + deltalake", peer_run("table_opencv_deltalake.py"), bench.runs)
    single = Contestant(
        "the same in one process", peer_run("table_opencv_deltalake.py", "--processes", "1"), bench.runs
    )
    Compete([ours, unsynced, peer, single], bench.work, lambda who, out: CheckRows(who, out, tree=False))
    best = min(peer.wall, single.wall)
    report = ["## The table alone, from IDX", ""]
    report.append(
        "`mnist-to-delta --no-tree` against the fastest encoder there is for Python, in one process for each core "
        "and in one alone. pixlake syncs its files before it reports success, as delta-rs does not; the second row "
        "shows what that costs."
    )
    report += ["", *Table([ours, unsynced, peer, single], ours), ""]
    report.append(Aim("times as fast as the better of the two", best / ours.wall, 4))
    return [*report[:2], f"{what}. " + report[2], *report[3:]]


def TreeAndTable(bench: Bench) -> list[str]:
    source, _ = Source(bench)
    ours_run, peer_run = Runs(source)
    ours = Contestant("**pixlake**", ours_run(), bench.runs)
    pillow = Contestant("Pillow + pyarrow + deltalake", peer_run("tree_and_table_pillow_deltalake.py"), bench.runs)
    jars = str(DEPS / "spark-jars")
    spark = Contestant(
        "numpy + Pillow + PySpark + delta-spark",
        peer_run("tree_and_table_pyspark.py", "--jars", jars),
        bench.heavy_runs,
    )
    archive = bench.work / "tree.tar"
    first = bench.work / "first"
    subprocess.run(ours_run()(first), check=True, capture_output=True)
    subprocess.run(["tar", "-cf", archive, "-C", first, TREE], check=True)
    size = archive.stat().st_size / 2**20
    untar = Contestant(
        "`tar -x` of the same PNG files",
        lambda out: ["tar", "-xf", str(archive), "-C", str(out)],
        bench.runs,
        prepare=lambda out: out.mkdir(),
    )
    table = next((first / TABLE).rglob("*.parquet"))
    content = shutil.copy(table, bench.work / "table.parquet")
    floor = Contestant(
        "writing the table's bytes, synced",
        lambda out: ["dd", f"if={content}", f"of={out}/table", "bs=1M", "conv=fsync", "status=none"],
        bench.runs,
        prepare=lambda out: out.mkdir(),
    )

    def Check(who: Contestant, out: Path) -> None:
        if who not in (untar, floor):
            CheckRows(who, out, tree=True)

    Compete([ours, pillow, spark, untar, floor], bench.work, Check)
    report = ["## PNG tree and table", ""]
    report.append(
        f"`mnist-to-delta` against the two usual ways. The peer with Spark ran {bench.heavy_runs} times. "
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
    return report


def Starting(bench: Bench) -> list[str]:
    times = [Measure([str(BIN / "pixlake"), "version"], bench.work / "log", watch=False).wall for _ in range(50)]
    report = ["## Starting", ""]
    report.append(
        f"`pixlake version`, 50 times: median {statistics.median(times) * 1000:.0f} ms, "
        f"fastest {min(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms."
    )
    report += ["", Aim("milliseconds, median", statistics.median(times) * 1000, 60, True)]
    return report
