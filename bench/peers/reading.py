"""What the Python peers have in common: files read, hashed and handed on in batches."""

import argparse
import hashlib
import os
from pathlib import Path

import pyarrow as pa

SCHEMA = pa.schema([("id", pa.string()), ("filename", pa.string()), ("content", pa.binary()), ("size", pa.int64())])
BATCH_BYTES = 32 << 20


def Arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    return parser.parse_args()


def Batches(source: Path):
    rows, size = [], 0
    for folder, _, names in os.walk(source):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                content = file.read()
            rows.append((hashlib.sha256(content).hexdigest(), name, content, len(content)))
            size += len(content)
            if size >= BATCH_BYTES:
                yield pa.record_batch([pa.array(column) for column in zip(*rows)], schema=SCHEMA)
                rows, size = [], 0
    if rows:
        yield pa.record_batch([pa.array(column) for column in zip(*rows)], schema=SCHEMA)


def Reader(source: Path) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(SCHEMA, Batches(source))
