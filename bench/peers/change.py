"""delta-rs and Lance on a table of blobs.

change.py merge TABLE SOURCE                           delta-rs's MERGE
change.py query deltalake|lance TABLE COLUMNS WHERE N  prints JSON: milliseconds of N runs, the rows
"""

import json
import sys
import time


def Merge(table: str, source: str) -> None:
    import deltalake
    import pyarrow.parquet as pq

    merge = deltalake.DeltaTable(table).merge(
        pq.read_table(source), predicate="t.id = s.id", source_alias="s", target_alias="t"
    )
    merge = merge.when_matched_update({"label": "s.label", "score": "s.score"})
    merge.when_not_matched_insert_all().execute()


def DeltaQuery(table: str, columns: str, where: str):
    import deltalake

    builder = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(table))
    return lambda: len(builder.execute(f"SELECT {columns} FROM t WHERE {where}").read_all())


def LanceQuery(table: str, columns: str, where: str):
    import lance

    dataset = lance.dataset(table)
    return lambda: dataset.to_table(columns=columns.split(","), filter=where).num_rows


def Query(peer: str, table: str, columns: str, where: str, runs: str) -> None:
    run = {"deltalake": DeltaQuery, "lance": LanceQuery}[peer](table, columns, where)
    run()
    times = []
    for _ in range(int(runs)):
        begin = time.perf_counter()
        rows = run()
        times.append((time.perf_counter() - begin) * 1000)
    print(json.dumps({"times": times, "rows": rows}))


{"merge": Merge, "query": Query}[sys.argv[1]](*sys.argv[2:])
