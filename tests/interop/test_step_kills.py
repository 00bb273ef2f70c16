"""SIGKILL before every call that changes a file, in every operation: all of it or nothing, never a
damaged table, and run again it finishes."""

import shutil
import subprocess
from pathlib import Path

import deltalake
import pyarrow as pa
import pytest
from conftest import BIN, Environment

ROWS = 400  # in four files
SHORT = ["--retain-hours", "0", "--allow-short-retention"]
SQL = {
    "delete": "DELETE FROM delta.`{}` WHERE id % 2 = 0",
    "update": "UPDATE delta.`{}` SET n = 1 WHERE id % 2 = 0",
    "merge": "MERGE INTO delta.`{}` AS t USING (SELECT range AS id FROM range(200, 600)) AS s ON t.id = s.id "
    "WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, 1)",
}
COMMANDS = {name: (lambda table, sql=sql: ["sql", sql.format(table)]) for name, sql in SQL.items()} | {
    "optimize": lambda table: ["table", "optimize", table],
    "zorder": lambda table: ["table", "zorder", table, "--by", "n,id"],
    "restore": lambda table: ["table", "restore", table, "--version", "2"],
    "vacuum": lambda table: ["table", "vacuum", table, *SHORT],
    "checkpoint": lambda table: ["table", "checkpoint", table],
    "analyze": lambda table: ["table", "analyze", table, "--columns", "n"],
}
QUICK = {"restore", "checkpoint"}  # the others in the full run


@pytest.fixture(scope="module")
def preload(tmp_path_factory) -> Path:
    library = tmp_path_factory.mktemp("preload") / "kill_at_step.so"
    source = Path(__file__).with_name("kill_at_step.c")
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def Create(path: Path, vectors: str) -> None:
    properties = {"delta.enableDeletionVectors": vectors}
    for first in range(0, ROWS, ROWS // 4):
        ids = range(first, first + ROWS // 4)
        rows = pa.table({"id": pa.array(ids, pa.int64()), "n": pa.array([0] * len(ids), pa.int64())})
        deltalake.write_deltalake(str(path), rows, mode="append", configuration=properties)


def Rows(pixlake, path) -> list:
    return pixlake("sql", f"SELECT id, n FROM delta_scan('{path}') ORDER BY id", "--format", "csv").stdout.split()


def RunKilledAt(step: int, preload: Path, arguments: list) -> bool:
    """Whether it came to that step."""
    environment = Environment({"LD_PRELOAD": str(preload), "KILL_AT": str(step)})
    command = [BIN / "pixlake", *arguments, "--threads", "1", "--quiet"]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=120)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode == -9


@pytest.mark.parametrize("vectors", ["true", "false"])
@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.full) for name in COMMANDS]
)
def test_killed_at_every_step_it_is_all_or_nothing(pixlake, tmp_path, preload, name, vectors):
    origin = tmp_path / "origin"
    Create(origin, vectors)
    if name == "vacuum":
        pixlake("table", "optimize", origin)
    before = Rows(pixlake, origin)
    whole = tmp_path / "whole"
    shutil.copytree(origin, whole)
    pixlake(*COMMANDS[name](whole))
    after = Rows(pixlake, whole)
    seen = []
    for step in range(1, 200):
        path = tmp_path / str(step)
        shutil.copytree(origin, path)
        killed = RunKilledAt(step, preload, COMMANDS[name](path))
        found = Rows(pixlake, path)
        assert found in (before, after), f"step {step}"
        seen.append(found == after)
        assert pixlake("table", "check", path, "--json").json["problems"] == [], f"step {step}"
        if found != after or before == after:
            pixlake(*COMMANDS[name](path))
        assert Rows(pixlake, path) == after, f"step {step}"
        assert len(deltalake.DeltaTable(str(path)).history()) > 0
        shutil.rmtree(path)
        if not killed:
            break
    else:
        pytest.fail("it never came to its end")
    assert step > 3, "the library was not loaded"
    assert seen == sorted(seen), "once it is done it stays done"
