"""DuckDB's own delta_scan; prints JSON.

duckdb_delta.py query TABLE COLUMNS WHERE N   milliseconds of N runs, the rows; the table attached
duckdb_delta.py plan TABLE ID                 milliseconds until the rows of the id are there
"""

import json
import sys
import time
from pathlib import Path

import duckdb
import duckdb_extension_delta


def Connection():
    (extension,) = Path(duckdb_extension_delta.__file__).parent.rglob("delta.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    return connection


def Query(table: str, columns: str, where: str, runs: str) -> None:
    connection = Connection()
    # Attached and pinned, the snapshot is kept from one query to the next.
    connection.execute(f"ATTACH '{table}' AS t (TYPE delta, PIN_SNAPSHOT)")

    def Run() -> int:
        return connection.execute(f"SELECT {columns} FROM t WHERE {where}").to_arrow_table().num_rows

    Run()
    times = []
    for _ in range(int(runs)):
        begin = time.perf_counter()
        rows = Run()
        times.append((time.perf_counter() - begin) * 1000)
    print(json.dumps({"times": times, "rows": rows}))


def Plan(table: str, wanted: str) -> None:
    connection = Connection()
    begin = time.perf_counter()
    rows = connection.execute(f"SELECT name FROM delta_scan('{table}') WHERE id = {wanted}").fetchall()
    end = time.perf_counter()
    assert len(rows) == 1, rows
    print(json.dumps({"all": (end - begin) * 1000}))


{"query": Query, "plan": Plan}[sys.argv[1]](*sys.argv[2:])
