"""Peers: single images by id, in process, warm and after the page cache was dropped.

Prints one JSON object: the times of every lookup in milliseconds.
"""

import argparse
import json
import os
import random
import time
from pathlib import Path


def Lance(table: str):
    import lance

    dataset = lance.dataset(table)
    rows = {row: number for number, row in enumerate(dataset.to_table(columns=["id"])["id"].to_pylist())}

    def Take(image: str) -> bytes:
        return dataset.take([rows[image]], columns=["content"])["content"][0].as_py()

    return Take


def LanceIndex(table: str):
    import lance

    dataset = lance.dataset(table)

    def Take(image: str) -> bytes:
        return dataset.to_table(columns=["content"], filter=f"id = '{image}'")["content"][0].as_py()

    return Take


def QueryBuilder(table: str):
    import deltalake

    builder = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(table))

    def Take(image: str) -> bytes:
        batches = builder.execute(f"SELECT content FROM t WHERE id = '{image}'").read_all()
        return batches["content"][0].as_py()

    return Take


def DuckDb(table: str):
    import deltalake
    import duckdb

    files = deltalake.DeltaTable(table).file_uris()
    connection = duckdb.connect()

    def Take(image: str) -> bytes:
        return connection.execute("SELECT content FROM read_parquet(?) WHERE id = ?", [files, image]).fetchone()[0]

    return Take


def Pyarrow(table: str):
    import deltalake
    import pyarrow.dataset as ds

    dataset = deltalake.DeltaTable(table).to_pyarrow_dataset()

    def Take(image: str) -> bytes:
        return dataset.to_table(columns=["content"], filter=ds.field("id") == image)["content"][0].as_py()

    return Take


PEERS = {"lance": Lance, "lance-index": LanceIndex, "deltalake": QueryBuilder, "duckdb": DuckDb, "pyarrow": Pyarrow}

parser = argparse.ArgumentParser()
parser.add_argument("--peer", choices=PEERS, required=True)
parser.add_argument("--table", required=True)
parser.add_argument("--ids", type=Path, required=True)
parser.add_argument("--count", type=int, required=True)
parser.add_argument("--cold", action="store_true")
arguments = parser.parse_args()
ids = arguments.ids.read_text().split()
take = PEERS[arguments.peer](arguments.table)
chosen = random.Random(1).choices(ids, k=arguments.count)
for image in chosen[:20]:
    take(image)
times = []
for image in chosen:
    if arguments.cold:
        Path("/proc/sys/vm/drop_caches").write_text("1")
    begin = time.perf_counter()
    found = take(image)
    times.append((time.perf_counter() - begin) * 1000)
    assert len(found) > 0
print(json.dumps(times), flush=True)
os._exit(0)  # pyarrow's threads may abort an interpreter that ends in order
