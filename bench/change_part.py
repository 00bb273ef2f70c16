"""MERGE into, and queries of, 2 GB of blobs, beside delta-rs and Lance."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import upkeep_part
from contest import BIN, DUCKDB_DELTA, PEERS, Aim, Bench, Compete, Contestant, Table

MERGED = 1_000
FEW = "label < 10"  # about one row in a hundred
TWO = "label < 10 AND score < 0.5"
AGAIN = 10


def SwitchOnVectors(table: Path) -> None:
    """One commit that upgrades the protocol: deletion vectors, which delta-rs does not write."""
    log = table / "_delta_log"
    actions = [json.loads(line) for file in sorted(log.glob("*.json")) for line in file.read_text().splitlines()]
    metadata = next(action["metaData"] for action in actions if "metaData" in action)
    metadata["configuration"]["delta.enableDeletionVectors"] = "true"
    features = {
        "readerFeatures": ["deletionVectors"],
        "writerFeatures": ["deletionVectors", "appendOnly", "invariants"],
    }
    protocol = {"minReaderVersion": 3, "minWriterVersion": 7, **features}
    version = max(int(file.stem) for file in log.glob("*.json")) + 1
    lines = [{"commitInfo": {"operation": "SET TBLPROPERTIES"}}, {"protocol": protocol}, {"metaData": metadata}]
    (log / f"{version:020}.json").write_text("".join(json.dumps(line) + "\n" for line in lines))


def Source(bench: Bench, table: Path) -> Path:
    """Half of the rows are in the table, spread over all its files, half are not."""
    import deltalake
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    chance = np.random.default_rng(2)
    ids = deltalake.DeltaTable(str(table)).to_pyarrow_dataset().to_table(columns=["id"])["id"].to_pylist()
    chosen = sorted(ids)[:: len(ids) // (MERGED // 2)][: MERGED // 2] + [f"new-{n:06}" for n in range(MERGED // 2)]
    rows = {
        "id": chosen,
        "label": pa.array(chance.integers(0, 1000, len(chosen))),
        "score": pa.array(chance.random(len(chosen))),
        "content": pa.array([chance.bytes(1000) for _ in chosen], pa.binary()),
    }
    pq.write_table(pa.table(rows), bench.work / "source.parquet")
    return bench.work / "source.parquet"


def Written(before: Path, after: Path) -> int:
    known = {file.name for file in before.rglob("*.parquet")}
    return sum(file.stat().st_size for file in after.rglob("*") if file.is_file() and file.name not in known)


def Merge(bench: Bench, plain: Path, vectors: Path) -> list[str]:
    import deltalake

    source = Source(bench, plain)
    sql = (
        "MERGE INTO delta.`{}` AS t USING (SELECT * FROM read_parquet('{}')) AS s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET label = s.label, score = s.score "
        "WHEN NOT MATCHED THEN INSERT (id, label, score, content) VALUES (s.id, s.label, s.score, s.content)"
    )
    written: dict[str, list[int]] = {}

    def Check(who: Contestant, out: Path) -> None:
        written.setdefault(who.name, []).append(Written(plain, out))
        found = subprocess.run(
            [
                BIN / "pixlake",
                "sql",
                f"SELECT count(*), count(DISTINCT id) FROM delta_scan('{out}')",
                "--format",
                "csv",
            ],
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split()[-1]
        if found != f"{upkeep_part.ROWS + MERGED // 2},{upkeep_part.ROWS + MERGED // 2}":
            sys.exit(f"bench: {who.name} left {found} rows")

    contestants = [
        Contestant(
            "pixlake, --memory 256MB",
            lambda out: [str(BIN / "pixlake"), "sql", sql.format(out, source), "--memory", "256MB", "--quiet"],
            bench.runs,
            prepare=lambda out: shutil.copytree(vectors, out),
            keep=False,
        ),
        Contestant(
            "delta-rs",
            lambda out: [sys.executable, str(PEERS / "change.py"), "merge", str(out), str(source)],
            bench.runs,
            prepare=lambda out: shutil.copytree(plain, out),
            keep=False,
        ),
    ]
    assert deltalake.DeltaTable(str(plain)).version() >= 0
    Compete(contestants, bench.work, Check)
    us, peer = contestants
    ours, theirs = (statistics.median(written[who.name]) / 2**20 for who in contestants)
    memory = [max(run.anonymous for run in who.results) / 2**20 for who in contestants]
    return [
        f"### MERGE of {MERGED:,} rows",
        "",
        "Half of them match, in all the files, and get another label and score; half are new. Written: pixlake "
        f"{ours:.0f} MiB (by deletion vectors: the rows that changed, whole), delta-rs {theirs:.0f} MiB (the files "
        "that had them).",
        "",
        *Table(contestants, us),
        "",
        Aim("MERGE: our time of delta-rs's", us.wall / peer.wall, 0.1, True),
        Aim("MERGE: our anonymous memory of delta-rs's", memory[0] / memory[1], 0.1, True),
        "",
    ]


def OurRun(table: Path, columns: str, where: str, again: int = 0) -> tuple[float, int, int]:
    """Milliseconds of the whole command, which asks `again` so many times more; bytes it read; rows."""
    script = 'a=$(date +%s%N); "$@" >"$OUT"; b=$(date +%s%N); echo $((b - a)); grep rchar /proc/$$/io'
    query = f"SELECT {columns} FROM delta_scan('{table}') WHERE {where};"
    out = table.parent / "answer.arrow"
    done = subprocess.run(
        ["sh", "-c", script, "sh", str(BIN / "pixlake"), "sql", query * (1 + again), "--format", "arrow"],
        check=True,
        capture_output=True,
        text=True,
        env={"OUT": str(out), "PATH": "/usr/bin:/bin"},
    ).stdout.split()
    import pyarrow as pa

    with pa.OSFile(str(out)) as file:
        rows = pa.ipc.open_stream(file).read_all().num_rows
    return int(done[0]) / 1e6, int(done[2]), rows


def Peer(peer: str, table: Path, columns: str, where: str, runs: int) -> tuple[float, int]:
    command = [sys.executable, PEERS / "change.py", "query", peer, table, columns, where, str(runs)]
    if peer == "duckdb":
        command = [DUCKDB_DELTA, PEERS / "duckdb_delta.py", "query", table, columns, where, str(runs)]
    found = json.loads(subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout)
    return statistics.median(found["times"]), found["rows"]


def Queries(bench: Bench, table: Path) -> list[str]:
    import deltalake
    import lance

    clustered = bench.work / "clustered"
    shutil.copytree(table, clustered)
    subprocess.run([BIN / "pixlake", "table", "zorder", clustered, "--by", "label,score", "--quiet"], check=True)
    deltalake.DeltaTable(str(clustered)).vacuum(0, dry_run=False, enforce_retention_duration=False)
    dataset = deltalake.DeltaTable(str(table)).to_pyarrow_dataset()
    batches = dataset.to_batches(batch_size=500)
    lance.write_dataset(batches, bench.work / "lance", schema=dataset.schema)
    size = sum(file.stat().st_size for file in table.glob("*.parquet"))
    lines = ["| | ids, two conditions | content, one in a hundred | whole command |", "|---|--:|--:|--:|"]
    aims = []
    counts: dict[str, set[int]] = {TWO: set(), FEW: set()}
    medians: dict[str, dict[str, float]] = {}
    contestants = {"pixlake": table, "pixlake, Z-ordered": clustered, "deltalake": table}
    contestants |= {"deltalake, Z-ordered": clustered, "lance": bench.work / "lance"}
    contestants |= {"duckdb delta_scan": table, "duckdb delta_scan, Z-ordered": clustered}
    for name, place in contestants.items():
        commands: list[str] = []
        for columns, where in (("id", TWO), ("content", FEW)):
            if name.startswith("pixlake"):
                found = [OurRun(place, columns, where) for _ in range(2 * bench.runs)]
                rows, command = found[0][2], statistics.median(run[0] for run in found)
                more = [OurRun(place, columns, where, AGAIN) for _ in range(2 * bench.runs)]
                time = (statistics.median(run[0] for run in more) - command) / AGAIN
                commands.append(f"{command:.0f} ms")
                if columns == "id":
                    share = 100 * found[0][1] / size
                    aims.append(Aim(f"{name}: of the table's bytes read for the ids, percent", share, 1, True))
            else:
                time, rows = Peer(name.split(",")[0].split()[0], place, columns, where, 2 * bench.runs)
            counts[where].add(rows)
            medians.setdefault(name, {})[columns] = time
        print(f"  {name}: {medians[name]} {commands}", flush=True)
        whole = ", ".join(commands) or "–"
        lines.append(f"| {name} | {medians[name]['id']:.1f} ms | {medians[name]['content']:.1f} ms | {whole} |")
    if any(len(found) != 1 for found in counts.values()):
        sys.exit(f"bench: the engines found different rows: {counts}")
    for columns in ("id", "content"):
        best = min(times[columns] for name, times in medians.items() if not name.startswith("pixlake"))
        ours = min(times[columns] for name, times in medians.items() if name.startswith("pixlake"))
        aims.append(Aim(f"{columns}: the best peer's time of ours", best / ours, 1))
    report = ["### Queries by two columns", ""]
    report.append(
        f"`SELECT id … WHERE {TWO}` ({counts[TWO].pop()} rows) and `SELECT content … WHERE {FEW}` "
        f"({counts[FEW].pop()} rows), in the page cache, in process with the table open. pixlake's is what a command "
        f"with the query {AGAIN} times more takes longer, for each of them; the last column is the whole command with "
        "one query, from start to exit. DuckDB's table is attached with its snapshot pinned: it looks at the log once, "
        "pixlake for every query."
    )
    return [*report, "", *lines, "", *aims, ""]


def Changes(bench: Bench) -> list[str]:
    plain, vectors = bench.work / "table", bench.work / "vectors"
    upkeep_part.Make(plain)
    shutil.copytree(plain, vectors)
    SwitchOnVectors(vectors)
    lines = ["## Changing and querying 2 GB of blobs", ""]
    lines.append(
        f"{upkeep_part.ROWS:,} rows with blobs of {upkeep_part.BLOB // 1000} KB in {upkeep_part.FILES} files, in the "
        "page cache."
    )
    return [*lines, "", *Merge(bench, plain, vectors), *Queries(bench, plain)]
