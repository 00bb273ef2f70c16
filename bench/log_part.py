"""Planning on a long log, and the latency of one append, beside delta-rs and DuckDB (issue: the Delta engine)."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

from contest import BIN, DUCKDB_DELTA, PEERS, Aim, Bench

COMMITS, FILES_EACH, ROWS_EACH = 10_000, 10, 100
OLD_CHECKPOINT = 1_000
WANTED = 5_678_901  # an id: of the file whose data is there
APPENDS = 50
SCHEMA = {
    "type": "struct",
    "fields": [
        {"name": name, "type": kind, "nullable": True, "metadata": {}}
        for name, kind in (("id", "long"), ("label", "long"), ("name", "string"))
    ],
}


def Stats(number: int) -> str:
    first = number * ROWS_EACH
    low = {"id": first, "label": number % 7, "name": f"row {first:09}"}
    high = {"id": first + ROWS_EACH - 1, "label": number % 7 + 900, "name": f"row {first + ROWS_EACH - 1:09}"}
    return json.dumps(
        {"numRecords": ROWS_EACH, "minValues": low, "maxValues": high, "nullCount": dict.fromkeys(low, 0)},
        separators=(",", ":"),
    )


def Add(number: int, size: int) -> dict:
    return {
        "add": {
            "path": f"part-{number:06}-{number * 2654435761 % 2**32:08x}-c000.zstd.parquet",
            "partitionValues": {},
            "size": size,
            "modificationTime": 1_700_000_000_000 + number,
            "dataChange": True,
            "stats": Stats(number),
        }
    }


def OneFile(table: Path, number: int) -> int:
    """The one data file that a query reads; the others are only in the log."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = list(range(number * ROWS_EACH, (number + 1) * ROWS_EACH))
    rows = pa.table({"id": ids, "label": [number % 7] * len(ids), "name": [f"row {i:09}" for i in ids]})
    path = table / Add(number, 0)["add"]["path"]
    pq.write_table(rows, path)
    return path.stat().st_size


def MakeLog(table: Path) -> None:
    """The commits, with a checkpoint of delta-rs after the first thousand."""
    import deltalake

    log = table / "_delta_log"
    log.mkdir(parents=True)
    wanted = WANTED // ROWS_EACH
    size = OneFile(table, wanted)
    for version in range(COMMITS):
        when = 1_700_000_000_000 + version * 1000
        lines: list[dict] = [{"commitInfo": {"timestamp": when, "operation": "WRITE", "isBlindAppend": True}}]
        if version == 0:
            metadata = {"id": "7f3e", "format": {"provider": "parquet", "options": {}}, "partitionColumns": []}
            metadata |= {"schemaString": json.dumps(SCHEMA), "configuration": {}, "createdTime": when}
            lines += [{"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}, {"metaData": metadata}]
        first = version * FILES_EACH
        lines += [Add(n, size if n == wanted else 4000) for n in range(first, first + FILES_EACH)]
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        (log / f"{version:020}.json").write_text(text)
        if version == OLD_CHECKPOINT:
            deltalake.DeltaTable(str(table)).create_checkpoint()


def Planning(bench: Bench) -> list[str]:
    import deltalake

    old, fresh = bench.work / "old", bench.work / "fresh"
    MakeLog(old)
    shutil.copytree(old, fresh, copy_function=os.link)
    (fresh / "_delta_log/_last_checkpoint").unlink()  # a link: not to be written through
    deltalake.DeltaTable(str(fresh)).create_checkpoint()
    lines = ["| log | pixlake: open and plan | again, nothing new | `pixlake sql`, whole command | delta-rs: open |"]
    lines[0] += " delta-rs: open, plan and read | DuckDB's delta_scan: the same | |"
    lines.append("|---|--:|--:|--:|--:|--:|--:|--:|")
    aims = []
    for name, table in (
        ("checkpoint at the end", fresh),
        (f"checkpoint {COMMITS - OLD_CHECKPOINT:,} commits ago", old),
    ):
        ours, again, command, opened, whole, scanned = [], [], [], [], [], []
        for _ in range(bench.runs):
            out = subprocess.run(
                [BIN / "planning_benchmark", table, "id", str(WANTED), "1"], check=True, capture_output=True, text=True
            )
            found = json.loads(out.stdout)
            if found["files"] != 1:
                sys.exit(f"bench: the plan has {found['files']} files, expected 1")
            ours += found["first"]
            again += found["again"]
            peer = [sys.executable, PEERS / "log.py", "plan", table, str(WANTED)]
            theirs = json.loads(subprocess.run(peer, check=True, capture_output=True, text=True).stdout)
            opened.append(theirs["open"])
            whole.append(theirs["all"])
            peer = [DUCKDB_DELTA, PEERS / "duckdb_delta.py", "plan", table, str(WANTED)]
            scanned.append(json.loads(subprocess.run(peer, check=True, capture_output=True, text=True).stdout)["all"])
            query = f"SELECT name FROM delta_scan('{table}') WHERE id = {WANTED}"
            done = subprocess.run(
                ["sh", "-c", 'a=$(date +%s%N); "$@" >&2; b=$(date +%s%N); echo $((b - a))', "sh"]
                + [str(BIN / "pixlake"), "sql", query, "--format", "csv"],
                check=True,
                capture_output=True,
                text=True,
            )
            if f"row {WANTED:09}" not in done.stderr:
                sys.exit(f"bench: pixlake found {done.stderr}")
            command.append(int(done.stdout) / 1e6)
        medians = [statistics.median(times) for times in (ours, again, command, opened, whole, scanned)]
        print(f"  {name}: " + ", ".join(f"{time:.1f}" for time in medians) + " ms", flush=True)
        ratio = min(medians[4:]) / medians[0]
        lines.append(f"| {name} | " + " | ".join(f"{time:.1f} ms" for time in medians) + f" | **{ratio:.1f}x** |")
        aims.append(Aim(f"{name}: the best peer's time of ours", ratio, 1))
    report = ["### Planning a selective query", ""]
    report.append(
        f"A log of {COMMITS:,} commits and {COMMITS * FILES_EACH:,} files, one of which may hold the id that is asked "
        "for; each run in a new process, without its start but where it says the whole command. delta-rs and DuckDB, "
        "both of which stand on delta-kernel, read that one small file, too: their plan is not to be had alone."
    )
    return [*report, "", *lines, "", *aims, ""]


def Appends(bench: Bench) -> list[str]:
    contestants = {
        "**pixlake**": [BIN / "append_benchmark", "sync"],
        "pixlake, `--no-sync`": [BIN / "append_benchmark", "no-sync"],
        "delta-rs (syncs nothing)": [sys.executable, PEERS / "log.py", "append"],
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for run in range(bench.runs):
        for number, (name, command) in enumerate(contestants.items()):
            table = bench.work / f"append-{run}-{number}"
            os.sync()
            out = subprocess.run([*command, table, str(APPENDS)], check=True, capture_output=True, text=True).stdout
            times[name] += json.loads(out)
            import deltalake

            rows = deltalake.DeltaTable(str(table)).to_pyarrow_dataset().count_rows()
            if rows != APPENDS:
                sys.exit(f"bench: {name} left {rows} rows, expected {APPENDS}")
    lines = ["| | p50 | p90 | p99 |", "|---|--:|--:|--:|"]
    medians = {}
    for name, found in times.items():
        cuts = statistics.quantiles(found, n=100)
        medians[name] = cuts[49]
        lines.append(f"| {name} | {cuts[49]:.2f} ms | {cuts[89]:.2f} ms | {cuts[98]:.2f} ms |")
        print(f"  append, {name}: {cuts[49]:.2f} ms", flush=True)
    ours, unsynced, theirs = medians.values()
    report = ["### One append", ""]
    report.append(
        f"One row after the other, {APPENDS} commits in one process: the data file, its statistics, the commit, every "
        "tenth with a checkpoint. pixlake has file and folder on the disk before it says that it is done."
    )
    return [
        *report,
        "",
        *lines,
        "",
        Aim("one append, unsynced as delta-rs's: its time of ours", theirs / unsynced, 1),
        Aim("one append, durable: delta-rs's time of ours", theirs / ours, 1),
        "",
    ]


def Log(bench: Bench) -> list[str]:
    return ["## Long logs and single appends", "", *Planning(bench), *Appends(bench)]
