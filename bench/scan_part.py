"""Our files scanned whole by other engines, beside a default Parquet file of the same bytes (B1)."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from contest import BIN, PEERS, Aim, Bench
from inputs import OfSize


def WholeTable(bench: Bench) -> list[str]:
    import deltalake
    import pyarrow.parquet as pq

    source, lake, plain = bench.work / "images", bench.work / "lake", bench.work / "plain"
    OfSize(source, 20_000, 100_000)
    subprocess.run([BIN / "pixlake", "ingest", source, "--lake", lake, "--quiet"], check=True, capture_output=True)
    # The same rows and columns, a file for a file, as pyarrow writes them when asked nothing.
    plain.mkdir()
    for number, uri in enumerate(deltalake.DeltaTable(str(lake / "raw/images")).file_uris()):
        pq.write_table(pq.ParquetFile(uri).read(), plain / f"{number}.parquet")
    lines = ["| | pixlake's files | default Parquet | ratio |", "|---|--:|--:|--:|"]
    aims = []
    for reader, name in (("duckdb", "DuckDB"), ("spark", "Spark 4")):
        command = [sys.executable, PEERS / "scan.py", "--reader", reader, "--runs", str(2 * bench.runs)]
        command += [lake / "raw/images", plain]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        ours, theirs = (statistics.median(times) for times in json.loads(out.strip().splitlines()[-1]))
        print(f"  {name}: {ours:.2f} s and {theirs:.2f} s", flush=True)
        lines.append(f"| {name} | {ours:.2f} s | {theirs:.2f} s | {ours / theirs:.2f} |")
        aims.append(Aim(f"{name}'s time over our files, of its time over default ones", ours / theirs, 1.1, True))
    report = ["## Scanned whole by others", ""]
    report.append(
        "20,000 images of 100 KB, 2 GB, in the page cache: the length of every content summed up, each engine in "
        f"one process, taking turns between the two, {2 * bench.runs} times."
    )
    return [*report, "", *lines, "", *aims]
