"""Readers of whole tables: prints one JSON object, the seconds of each scan of each set of files.

The files of each argument (a folder) are scanned in turn, every byte of `content` looked at.
"""

import argparse
import json
import os
import sys
import time
from pathlib import Path


def DuckDb():
    import duckdb

    connection = duckdb.connect()

    def Scan(files: list[str]) -> int:
        return connection.execute("SELECT sum(octet_length(content)) FROM read_parquet(?)", [files]).fetchone()[0]

    return Scan


def Spark():
    from pyspark.sql import SparkSession

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "12g")
    builder = builder.config("spark.ui.enabled", "false").config("spark.driver.host", "127.0.0.1")
    session = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()

    def Scan(files: list[str]) -> int:
        return session.read.parquet(*files).selectExpr("sum(length(content))").collect()[0][0]

    return Scan


parser = argparse.ArgumentParser()
parser.add_argument("--reader", choices=["duckdb", "spark"], required=True)
parser.add_argument("--runs", type=int, required=True)
parser.add_argument("folders", nargs="+", type=Path)
arguments = parser.parse_args()
scan = {"duckdb": DuckDb, "spark": Spark}[arguments.reader]()
sets = [sorted(map(str, folder.rglob("*.parquet"))) for folder in arguments.folders]
expected = {scan(files) for files in sets}
assert len(expected) == 1, expected
times: list[list[float]] = [[] for _ in sets]
for _ in range(arguments.runs):
    for files, found in zip(sets, times):
        begin = time.perf_counter()
        scan(files)
        found.append(time.perf_counter() - begin)
print(json.dumps(times))
