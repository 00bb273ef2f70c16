"""Contents that a query only passes on come out as DuckDB's own reader has them (issue 14)."""

from __future__ import annotations

import hashlib
import uuid

import duckdb
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

ROWS = 5000


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """Two tables: one of ours in its own layout, with nulls, empty and large values and deleted rows; one of others."""
    folder = tmp_path_factory.mktemp("carried")

    def Content(row: int) -> bytes | None:
        if row % 11 == 0:
            return None
        return hashlib.shake_128(str(row).encode()).digest(row % 97 if row % 500 else 300_000)

    rows = pa.table(
        {
            "id": [f"{hashlib.md5(str(row).encode()).hexdigest()}" for row in range(ROWS)],
            "n": pa.array(range(ROWS), pa.int64()),
            "part": [row % 3 for row in range(ROWS)],
            "content": pa.array([Content(row) for row in range(ROWS)], pa.binary()),
            "second": pa.array([Content(row * 7 + 1) for row in range(ROWS)], pa.binary()),
            "text": [None if row % 5 == 0 else f"t{row % 40}" for row in range(ROWS)],
        }
    )
    for name in ("a", "b"):
        for begin in range(0, ROWS, 1700):
            write_deltalake(str(folder / name), rows.slice(begin, 1700), mode="append", partition_by=["part"])
    return folder


@pytest.fixture(scope="module")
def ours(pixlake, tables):
    """Table `a` rewritten by us, and some of its rows deleted."""
    pixlake("table", "optimize", tables / "a")
    pixlake("table", "delete", tables / "a", "--where", "n % 13 = 0")
    return tables


QUERIES = [
    "SELECT id, content FROM {a} ORDER BY id",
    "SELECT content, id FROM {a} ORDER BY n DESC LIMIT 7",
    "SELECT * FROM {a} ORDER BY text NULLS FIRST, id",
    "SELECT x.content AS c, x.second FROM {a} AS x ORDER BY x.id LIMIT 1000 OFFSET 30",
    "SELECT id, content FROM {b} ORDER BY id",
    "SELECT l.id, l.content, r.content AS rc FROM {a} l JOIN {b} r ON l.n = r.n ORDER BY l.id",
    "SELECT l.id, l.content, r.second FROM {b} l LEFT JOIN {a} r ON l.n = r.n + 1 ORDER BY l.id",
    "SELECT id, content, row_number() OVER (PARTITION BY text ORDER BY n) AS k FROM {a} ORDER BY id",
    "SELECT * EXCLUDE (k) FROM (SELECT *, rank() OVER (PARTITION BY part ORDER BY n) AS k FROM {a})"
    " WHERE k < 40 ORDER BY id",
    "WITH w AS (SELECT id, content AS c FROM {a} WHERE n < 900) SELECT c, id FROM w ORDER BY id",
    "SELECT id, content FROM {a} QUALIFY row_number() OVER (PARTITION BY part ORDER BY id) = 3 ORDER BY id",
    # Looked into, in every way there is.
    "SELECT id, content FROM {a} ORDER BY content, id",
    "SELECT id, content AS c FROM {a} ORDER BY c, id",
    "SELECT id, content, octet_length(content) AS l FROM {a} ORDER BY l, id",
    "SELECT id, content AS c, octet_length(c) AS l FROM {a} ORDER BY id",
    "SELECT id, content FROM {a} WHERE content IS NOT NULL ORDER BY id",
    "SELECT id, second, content FROM {a} WHERE octet_length(content) > 50 ORDER BY id",
    "SELECT id, content FROM {a} ORDER BY 2, 1",
    "SELECT content FROM {a} ORDER BY ALL",
    "SELECT DISTINCT content FROM {a} ORDER BY content",
    "SELECT content, count(*) AS k FROM {a} GROUP BY content ORDER BY k, content",
    "SELECT content, count(*) AS k FROM {a} GROUP BY ALL ORDER BY k, content",
    "SELECT content FROM {a} UNION SELECT second FROM {b} ORDER BY content",
    "SELECT l.id FROM {a} l JOIN {b} r ON l.content = r.content AND l.n = r.n ORDER BY l.id",
    "SELECT n FROM {a} l JOIN (SELECT content FROM {b} WHERE n = 5) r USING (content) ORDER BY n",
    "SELECT id, x FROM (SELECT id, content AS x FROM {a}) ORDER BY md5(x), id",
    "SELECT id, y FROM (SELECT id, x AS y FROM (SELECT id, content AS x FROM {a})) WHERE y IS NOT NULL ORDER BY id",
    "SELECT id, first_value(content) OVER (PARTITION BY part ORDER BY id) AS f FROM {a} ORDER BY id",
    "SELECT id, lag(content) OVER (ORDER BY id) AS f FROM {a} ORDER BY id",
    "SELECT part, arg_max(content, n) AS c FROM {a} GROUP BY part ORDER BY part",
    "SELECT n FROM {a} WHERE content IN (SELECT content FROM {b} WHERE n < 50) ORDER BY n",
    "SELECT id, (SELECT content FROM {b} r WHERE r.n = l.n) AS c FROM {a} l ORDER BY id",
    "SELECT id, t FROM {a} AS t ORDER BY id",
    "SELECT id, hash(t) AS h FROM {a} AS t ORDER BY id",
    "SELECT id, COLUMNS('con.*') FROM {a} ORDER BY id",
    "SELECT octet_length(COLUMNS('con.*')) AS l, id FROM {a} ORDER BY id",
    "SELECT * REPLACE (content[1:2] AS content) FROM {a} ORDER BY id",
    "SELECT id, coalesce(content, second) AS c FROM {a} ORDER BY id",
    "SELECT id, content::VARCHAR AS c FROM {a} ORDER BY id",
    "SELECT id, {{'c': content}} AS s FROM {a} ORDER BY id",
    "SELECT id, [content, second] AS s FROM {a} ORDER BY id",
    "SELECT l.id, r.id AS other FROM {a} l ASOF JOIN {b} r ON l.n >= r.n ORDER BY l.id",
    "SELECT id, content FROM {a} l NATURAL JOIN (SELECT content, n FROM {b}) ORDER BY id",
]


@pytest.mark.parametrize("query", QUERIES)
def test_they_are_what_duckdb_reads(pixlake, ours, tmp_path, query):
    output = tmp_path / f"{uuid.uuid4()}.parquet"
    places = {name: f"'{ours / name}'" for name in "ab"}
    pixlake("sql", query.format(**places), "--output", output)
    connection = duckdb.connect()
    for name in "ab":
        connection.register(f"of_{name}", DeltaTable(str(ours / name)).to_pyarrow_table())
    expected = connection.execute(query.format(a="of_a", b="of_b")).fetchall()
    found = connection.execute(f"FROM read_parquet('{output}')").fetchall()
    assert len(found) == len(expected)
    assert found == expected
