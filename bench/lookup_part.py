"""One image by its id out of two gigabytes, in process."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from contest import BIN, PEERS, Aim, Bench
from inputs import OfSize

COUNT, SIZE = 20_000, 100_000


def Quantile(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def Peer(peer: str, table: Path, ids: Path, count: int, cold: bool) -> list[float]:
    command = [sys.executable, str(PEERS / "lookup.py"), "--peer", peer, "--table", str(table), "--ids", str(ids)]
    command += ["--count", str(count), *(["--cold"] if cold else [])]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def Ours(lake: Path, ids: Path, count: int, cold: bool) -> list[float]:
    command = [str(BIN / "image_finder_benchmark"), str(lake), "raw.images", str(ids), str(count)]
    out = subprocess.run([*command, *(["--cold"] if cold else [])], check=True, capture_output=True, text=True)
    return json.loads(out.stdout)


def OneImage(bench: Bench) -> list[str]:
    import deltalake
    import lance

    source, lake = bench.work / "images", bench.work / "lake"
    OfSize(source, COUNT, SIZE)
    subprocess.run([BIN / "pixlake", "ingest", source, "--lake", lake, "--quiet"], check=True, capture_output=True)
    for script, out in (("ingest_lance.py", "lance"), ("ingest_deltalake.py", "delta")):
        command = [sys.executable, PEERS / script, "--source", source, "--out", bench.work / out]
        subprocess.run(command, check=True, capture_output=True)
    indexed = lance.dataset(str(bench.work / "lance"))
    ids = bench.work / "ids"
    ids.write_text("\n".join(indexed.to_table(columns=["id"])["id"].to_pylist()))
    indexed.create_scalar_index("id", "BTREE")
    ours_ids = deltalake.DeltaTable(str(lake / "raw/images")).to_pyarrow_dataset().to_table(columns=["id"])["id"]
    if set(ours_ids.to_pylist()) != set(ids.read_text().split()):
        sys.exit("bench: the tables have different images")

    colds = [False, True] if os.access("/proc/sys/vm/drop_caches", os.W_OK) else [False]
    contestants = [
        ("**pixlake**, by id", lambda cold: Ours(lake, ids, 200 if cold else 5000, cold)),
        ("Lance, take by row", lambda cold: Peer("lance", bench.work / "lance", ids, 200 if cold else 2000, cold)),
        ("Lance, by id with a B-tree", lambda cold: Peer("lance-index", bench.work / "lance", ids, 100, cold)),
        ("deltalake's QueryBuilder", lambda cold: Peer("deltalake", bench.work / "delta", ids, 50, cold)),
        ("DuckDB's read_parquet", lambda cold: Peer("duckdb", bench.work / "delta", ids, 30, cold)),
        ("pyarrow's dataset", lambda cold: Peer("pyarrow", bench.work / "delta", ids, 10, cold)),
    ]
    lines = ["| | warm p50 | warm p99 | cold p50 | cold p99 |", "|---|--:|--:|--:|--:|"]
    medians = {}
    for name, run in contestants:
        cells = []
        for cold in colds:
            times = run(cold)
            medians[name, cold] = statistics.median(times)
            cells += [f"{medians[name, cold]:.3f} ms", f"{Quantile(times, 0.99):.3f} ms"]
            print(f"  {name}{' cold' if cold else ''}: {medians[name, cold]:.3f} ms", flush=True)
        lines.append(f"| {name} | {' | '.join(cells + ['–'] * (4 - len(cells)))} |")
    report = ["## One image of 20,000, by id", ""]
    report.append(
        f"{COUNT} images of {SIZE // 1000} KB, the table open, one after another in random order; before each cold "
        "lookup the page cache was dropped. Lance's take is given the row; finding it is not counted."
    )
    by_id = medians["Lance, take by row", False]
    report += ["", *lines, "", Aim("warm, of Lance's take", medians["**pixlake**, by id", False] / by_id, 0.333, True)]
    return report
