"""delta-rs on a long log, or appending row by row; prints JSON.

log.py plan TABLE ID        milliseconds until the table is open, and until the rows of the id are there
log.py append TABLE COUNT   milliseconds of each append of one row
"""

import json
import sys
import time

import deltalake
import pyarrow as pa


def Plan(table: str, wanted: str) -> None:
    begin = time.perf_counter()
    opened = deltalake.DeltaTable(table)
    middle = time.perf_counter()
    builder = deltalake.QueryBuilder().register("t", opened)
    rows = builder.execute(f"SELECT name FROM t WHERE id = {wanted}").read_all()
    end = time.perf_counter()
    assert len(rows) == 1, rows
    print(json.dumps({"open": (middle - begin) * 1000, "all": (end - begin) * 1000}))


def Append(table: str, count: str) -> None:
    times = []
    schema = pa.schema([("id", pa.int64()), ("name", pa.string())])
    deltalake.DeltaTable.create(table, schema)
    for i in range(int(count)):
        rows = pa.table({"id": [i], "name": [f"row {i}"]}, schema=schema)
        begin = time.perf_counter()
        deltalake.write_deltalake(table, rows, mode="append")
        times.append((time.perf_counter() - begin) * 1000)
    print(json.dumps(times))


{"plan": Plan, "append": Append}[sys.argv[1]](*sys.argv[2:])
