"""OPTIMIZE and Z-order of 2 GB of blobs, beside delta-rs and beside copying the files (M1.5, B2)."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

from contest import BIN, PEERS, Aim, Bench, Compete, Contestant, Table

ROWS, BLOB, FILES = 20_000, 100_000, 40
MEMORY = "256MB"


def Make(table: Path) -> None:
    """The table, in pixlake's own layout: what delta-rs wrote in twice as many files, packed once."""
    import deltalake
    import numpy as np
    import pyarrow as pa

    chance = np.random.default_rng(1)
    for number in range(2 * FILES):
        rows = ROWS // FILES // 2
        batch = pa.table(
            {
                "id": [f"{number:04}-{row:06}" for row in range(rows)],
                "label": pa.array(chance.integers(0, 1000, rows)),
                "score": pa.array(chance.random(rows)),
                "content": pa.array([chance.bytes(BLOB) for _ in range(rows)], pa.binary()),
            }
        )
        deltalake.write_deltalake(str(table), batch, mode="append")
    target = str(ROWS // FILES * BLOB * 106 // 100)
    subprocess.run([BIN / "pixlake", "table", "optimize", table, "--target-size", target, "--quiet"], check=True)
    deltalake.DeltaTable(str(table)).vacuum(0, dry_run=False, enforce_retention_duration=False)


def Contents(table: Path) -> Counter:
    """Every row's id and the checksum of its blob, a batch at a time."""
    import deltalake

    out: Counter = Counter()
    for batch in deltalake.DeltaTable(str(table)).to_pyarrow_dataset().to_batches(["id", "content"], batch_size=256):
        for name, blob in zip(batch["id"], batch["content"], strict=True):
            out[(name.as_py(), hashlib.sha256(blob.as_buffer()).digest())] += 1
    return out


def Contest(bench: Bench, source: Path, action: str, ours: list[str], theirs: list[str]) -> list[str]:
    expected = Contents(source)

    def Copy(out: Path) -> None:
        shutil.copytree(source, out)

    def Check(who: Contestant, out: Path) -> None:
        if "cp" not in who.name and Contents(out) != expected:
            sys.exit(f"bench: {who.name} changed rows")

    contestants = [
        Contestant(
            f"pixlake, --memory {MEMORY}",
            lambda out: [str(BIN / "pixlake"), "table", *ours[:1], str(out), *ours[1:], "--memory", MEMORY, "--quiet"],
            bench.runs,
            prepare=Copy,
            keep=False,
        ),
        Contestant(
            "delta-rs",
            lambda out: [sys.executable, str(PEERS / "optimize.py"), theirs[0], str(out), *theirs[1:]],
            bench.runs,
            prepare=Copy,
            keep=False,
        ),
        Contestant(
            "cp, synced (the floor: read and written once)",
            lambda out: ["sh", "-c", 'cp -r --reflink=never "$0" "$1" && sync -f "$1"', str(source), str(out)],
            bench.runs,
            keep=False,
        ),
    ]
    Compete(contestants, bench.work, Check)
    us, peer, floor = contestants
    anonymous = max(run.anonymous for run in us.results) / 2**20
    print(f"  {action}: {us.wall / floor.wall:.2f} of the floor, {anonymous:.0f} MiB anonymous", flush=True)
    return [
        f"### {action}",
        "",
        *Table(contestants, us),
        "",
        Aim(f"{action}: delta-rs's time of ours", peer.wall / us.wall, 1),
        Aim(f"{action}: anonymous memory, MiB", anonymous, 400, True),
        Aim(f"{action}: our time of copying the files", us.wall / floor.wall, 1.5, True),
        "",
    ]


def Upkeep(bench: Bench) -> list[str]:
    source = bench.work / "table"
    Make(source)
    lines = ["## OPTIMIZE and Z-order", ""]
    lines.append(
        f"{ROWS:,} rows with blobs of {BLOB // 1000} KB, 2 GB in {FILES} files, in the page cache. Afterwards every "
        "blob was compared by SHA-256, as delta-rs reads the table."
    )
    lines.append("")
    lines += Contest(bench, source, "OPTIMIZE", ["optimize"], ["compact"])
    lines += Contest(
        bench, source, "Z-order by two columns", ["zorder", "--by", "label,score"], ["zorder", "label", "score"]
    )
    return lines
