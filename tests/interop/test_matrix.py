"""Which engine made, read and changed a table how: docs/interop.md.

PIXLAKE_WRITE_DOCS=1 writes the page; without it the page has to say what is so. Cells where an
engine that is not ours cannot are written as they are; ours have to be "yes".
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import deltalake
import pyarrow as pa
import pytest
from conftest import ROOT

PAGE = ROOT / "docs/interop.md"
COLUMNS = "id BIGINT, part STRING, n INT"
# By feature: columns, then properties, as both Spark and we take them.
FEATURES = {
    "(none)": (COLUMNS, {}),
    "appendOnly": (COLUMNS, {"delta.appendOnly": "true"}),
    "invariants": ("id BIGINT NOT NULL, part STRING, n INT", {}),
    "checkConstraints": (COLUMNS, {}),
    "changeDataFeed": (COLUMNS, {"delta.enableChangeDataFeed": "true"}),
    "generatedColumns": (COLUMNS + ", g BIGINT GENERATED ALWAYS AS (id * 2)", {}),
    "columnMapping (name)": (COLUMNS, {"delta.columnMapping.mode": "name"}),
    "columnMapping (id)": (COLUMNS, {"delta.columnMapping.mode": "id"}),
    "allowColumnDefaults": (COLUMNS + ", v INT DEFAULT 7", {"delta.feature.allowColumnDefaults": "supported"}),
    "deletionVectors": (COLUMNS, {"delta.enableDeletionVectors": "true"}),
    "timestampNtz": (COLUMNS + ", t TIMESTAMP_NTZ", {}),
    "domainMetadata": (COLUMNS, {"delta.feature.domainMetadata": "supported"}),
    "clustering": (COLUMNS, {}),
    "v2Checkpoint": (COLUMNS, {"delta.checkpointPolicy": "v2", "delta.checkpointInterval": "2"}),
    "vacuumProtocolCheck": (COLUMNS, {"delta.feature.vacuumProtocolCheck": "supported"}),
    "inCommitTimestamp": (COLUMNS, {"delta.enableInCommitTimestamps": "true"}),
    "typeWidening": (COLUMNS, {"delta.enableTypeWidening": "true"}),
    "rowTracking": (COLUMNS, {"delta.feature.rowTracking": "supported"}),
}
# Made by Spark alone: we read what the protocol lets us and refuse the rest by name.
THEIRS = {
    "icebergCompatV2": (
        f"({COLUMNS}) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'name', "
        "'delta.enableIcebergCompatV2' = 'true')",
        "INSERT INTO delta.`{}` VALUES (1, 'p', 10)",
    ),
    "identityColumns": (
        "(id BIGINT GENERATED ALWAYS AS IDENTITY, n INT) USING delta",
        "INSERT INTO delta.`{}` (n) VALUES (10)",
    ),
    "variantType": ("(id BIGINT, v VARIANT) USING delta", "INSERT INTO delta.`{}` SELECT 1, parse_json('[1]')"),
}
HEAD = """# Which engine reads and writes what

Written by `tests/interop/test_matrix.py`, with Spark {spark} and delta-spark, delta-rs (deltalake
{deltalake}) and DuckDB {duckdb} with its own `delta_scan`. What another engine cannot, its own message
aside, is "no"; ours have to be "yes".

"""
FEATURES_HEAD = """## Features

For each a table is made by pixlake and by Spark, in the same words, with three rows and, where the
feature allows, one row deleted; then it is read by each engine, added to, and read again.

"""
FEATURE_TITLES = [
    "feature",
    "ours: read by Spark",
    "by delta-rs",
    "by DuckDB",
    "by us",
    "added to by Spark",
    "by delta-rs",
    "Spark's: read by us",
    "by delta-rs",
    "by DuckDB",
    "changed by us, read by Spark",
]
THEIRS_HEAD = """
Made by Spark alone:

"""
OPERATIONS_HEAD = """
## Operations

Each on a table of four rows in two partitions and two commits, made by the engine itself.

"""
OPERATION_TITLES = [
    "operation",
    "ours: read by Spark",
    "by delta-rs",
    "by DuckDB",
    "by us",
    "Spark's: read by us",
    "delta-rs': read by us",
]
FOOT = """
A hyphen: the engine has no such operation, or its form of it is another row. Random sequences of
operations on twin tables are in `tests/interop/test_change_rows.py`; change data feeds in
`test_change_feed.py`; what Spark and delta-rs commit between our reading and our commit, and what
then stands, in `test_commits_of_others.py`. Tables of other writers, with the rows that they must
give, are read in `src/delta/conformance_test.cc`.
"""


@dataclasses.dataclass
class Operation:
    name: str
    statements: list[str]  # `{}` is the table, `{}-clone` another beside it
    wanted: dict[int, int | None]  # n by id afterwards
    rust: Callable | None = None  # what delta-rs does to its table
    properties: str = ""
    create: str = "PARTITIONED BY (part)"
    at: str = "{}"  # the table that is read


VECTORS = "'delta.enableDeletionVectors' = 'true'"
BEFORE = {1: 10, 2: 20, 3: 30, 4: 40}
SOURCE = "(SELECT 2L AS id, 'p' AS part, 21 AS n UNION ALL SELECT 7L, 'q', 70)"
MERGE = (
    "MERGE INTO delta.`{}` AS t USING " + SOURCE + " AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = s.n "
    "WHEN NOT MATCHED THEN INSERT (id, part, n) VALUES (s.id, s.part, s.n)"
)
EVOLVE = (
    "MERGE WITH SCHEMA EVOLUTION INTO delta.`{}` AS t USING (SELECT 2L AS id, 'p' AS part, 21 AS n, 'x' AS extra) AS s "
    "ON t.id = s.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
)
DELETE = "DELETE FROM delta.`{}` WHERE n > 35"
UPDATE = "UPDATE delta.`{}` SET n = n + 1 WHERE id >= 2"
KEEP_NOTHING = "'delta.deletedFileRetentionDuration' = 'interval 0 hours'"


def Rows(*rows):
    ids, parts, numbers = zip(*rows, strict=True)
    return pa.table({"id": pa.array(ids, pa.int64()), "part": parts, "n": pa.array(numbers, pa.int32())})


def Write(path, *rows, **options):
    deltalake.write_deltalake(path, Rows(*rows), partition_by=["part"], **options)


def RustMerge(path):
    (
        deltalake.DeltaTable(path)
        .merge(Rows((2, "p", 21), (7, "q", 70)), "t.id = s.id", source_alias="s", target_alias="t")
        .when_matched_update({"n": "s.n"})
        .when_not_matched_insert({"id": "s.id", "part": "s.part", "n": "s.n"})
        .execute()
    )


def RustVacuum(path):
    Write(path, (9, "p", 90), mode="overwrite")
    deltalake.DeltaTable(path).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


OPERATIONS = [
    Operation(
        "INSERT",
        ["INSERT INTO delta.`{}` VALUES (5, 'p', 50)"],
        {**BEFORE, 5: 50},
        lambda path: Write(path, (5, "p", 50), mode="append"),
    ),
    Operation(
        "INSERT OVERWRITE",
        ["INSERT OVERWRITE delta.`{}` VALUES (9, 'p', 90)"],
        {9: 90},
        lambda path: Write(path, (9, "p", 90), mode="overwrite"),
    ),
    Operation(
        "REPLACE WHERE",
        ["INSERT INTO delta.`{}` REPLACE WHERE part = 'p' VALUES (9, 'p', 90)"],
        {3: 30, 4: 40, 9: 90},
        lambda path: Write(path, (9, "p", 90), mode="overwrite", predicate="part = 'p'"),
    ),
    Operation("DELETE", [DELETE], {1: 10, 2: 20, 3: 30}, lambda path: deltalake.DeltaTable(path).delete("n > 35")),
    Operation("DELETE, deletion vectors", [DELETE], {1: 10, 2: 20, 3: 30}, properties=VECTORS),
    Operation(
        "UPDATE",
        [UPDATE],
        {1: 10, 2: 21, 3: 31, 4: 41},
        lambda path: deltalake.DeltaTable(path).update(updates={"n": "n + 1"}, predicate="id >= 2"),
    ),
    Operation("UPDATE, deletion vectors", [UPDATE], {1: 10, 2: 21, 3: 31, 4: 41}, properties=VECTORS),
    Operation("MERGE", [MERGE], {1: 10, 2: 21, 3: 30, 4: 40, 7: 70}, RustMerge),
    Operation("MERGE, deletion vectors", [MERGE], {1: 10, 2: 21, 3: 30, 4: 40, 7: 70}, properties=VECTORS),
    Operation("MERGE WITH SCHEMA EVOLUTION", [EVOLVE], {1: 10, 2: 21, 3: 30, 4: 40}),
    Operation(
        "UPDATE, change data feed",
        [UPDATE],
        {1: 10, 2: 21, 3: 31, 4: 41},
        properties="'delta.enableChangeDataFeed' = 'true'",
    ),
    Operation(
        "RESTORE",
        ["RESTORE TABLE delta.`{}` TO VERSION AS OF 1"],
        {1: 10, 2: 20},
        lambda path: deltalake.DeltaTable(path).restore(0),
    ),
    Operation(
        "SHALLOW CLONE, changed",
        ["CREATE TABLE delta.`{}-clone` SHALLOW CLONE delta.`{}`", "DELETE FROM delta.`{}-clone` WHERE id = 1"],
        {2: 20, 3: 30, 4: 40},
        at="{}-clone",
    ),
    Operation("OPTIMIZE", ["OPTIMIZE delta.`{}`"], BEFORE, lambda path: deltalake.DeltaTable(path).optimize.compact()),
    Operation(
        "OPTIMIZE, after deletion vectors", [DELETE, "OPTIMIZE delta.`{}`"], {1: 10, 2: 20, 3: 30}, properties=VECTORS
    ),
    Operation(
        "OPTIMIZE ZORDER BY",
        ["OPTIMIZE delta.`{}` ZORDER BY (n)"],
        BEFORE,
        lambda path: deltalake.DeltaTable(path).optimize.z_order(["n"]),
    ),
    Operation("OPTIMIZE, CLUSTER BY", ["OPTIMIZE delta.`{}`"], BEFORE, create="CLUSTER BY (n, id)"),
    Operation(
        "REORG … APPLY (PURGE)",
        [DELETE, "REORG TABLE delta.`{}` APPLY (PURGE)"],
        {1: 10, 2: 20, 3: 30},
        properties=VECTORS,
    ),
    Operation(
        "VACUUM",
        ["INSERT OVERWRITE delta.`{}` VALUES (9, 'p', 90)", "VACUUM delta.`{}`"],
        {9: 90},
        RustVacuum,
        properties=KEEP_NOTHING,
    ),
    Operation(
        "ADD COLUMN",
        ["ALTER TABLE delta.`{}` ADD COLUMNS (extra STRING)", "INSERT INTO delta.`{}` VALUES (5, 'p', 50, 'x')"],
        {**BEFORE, 5: 50},
        lambda path: deltalake.DeltaTable(path).alter.add_columns(
            deltalake.schema.Field("extra", deltalake.schema.PrimitiveType("string"))
        ),
    ),
    Operation(
        "checkpoint",
        ["INSERT INTO delta.`{}` VALUES (5, 'p', 50)"],
        {**BEFORE, 5: 50},
        lambda path: deltalake.DeltaTable(path).create_checkpoint(),
        properties="'delta.checkpointInterval' = '3'",
    ),
]
# After these delta-rs has no fifth row.
RUST_ADDS_NONE = {"ADD COLUMN", "checkpoint"}


def Create(run, path, feature):
    columns, properties = FEATURES[feature]
    text = ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())
    run(
        f"CREATE TABLE delta.`{path}` ({columns}) USING delta "
        + ("CLUSTER BY (id, n)" if feature == "clustering" else "PARTITIONED BY (part)")
        + (f" TBLPROPERTIES ({text})" if text else "")
    )
    if feature == "checkConstraints":
        run(f"ALTER TABLE delta.`{path}` ADD CONSTRAINT c CHECK (id < 1000)")
    Insert(run, path, 1)
    Insert(run, path, 2)
    Insert(run, path, 3)
    if feature != "appendOnly":
        run(f"DELETE FROM delta.`{path}` WHERE id = 2")
    if feature == "clustering":
        run(f"OPTIMIZE delta.`{path}`")
    if feature == "typeWidening":
        run(f"ALTER TABLE delta.`{path}` ALTER COLUMN n TYPE BIGINT")
    if feature.startswith("columnMapping"):
        run(f"ALTER TABLE delta.`{path}` RENAME COLUMN n TO number")


def Insert(run, path, key):
    number = "number" if key > 3 and "columnMapping" in str(path) else "n"
    run(f"INSERT INTO delta.`{path}` (id, part, {number}) VALUES ({key}, 'p', {key * 10})")


def Wanted(feature, *more):
    return sorted([1, 3, *([2] if feature == "appendOnly" else []), *more])


def Cell(action, wanted):
    """Whether it can be done and gives the rows; an engine's refusal is no error of ours."""
    try:
        found = action()
    except Exception as error:
        return "no", str(error)
    return ("yes", "") if found == wanted else ("WRONG", f"{found} != {wanted}")


def Line(name, cells):
    return f"| {name} | " + " | ".join(cell[0] for cell in cells) + " |\n"


def TableHead(titles):
    return "| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|\n"


class Engines:
    """Each engine's way to run a statement, and to read (id, n) of a table."""

    def __init__(self, spark, pixlake, duckdb_delta):
        self.spark, self.pixlake, self.duckdb_delta = spark, pixlake, duckdb_delta

    def Ours(self, sql):
        return self.pixlake("sql", sql, "--json").json["rows"]

    def OurRows(self, path, columns="id, n"):
        return sorted(tuple(row.values()) for row in self.Ours(f"SELECT {columns} FROM delta.`{path}`"))

    def SparkRows(self, path, columns="id, n"):
        return sorted(map(tuple, self.spark.sql(f"SELECT {columns} FROM delta.`{path}`").collect()))

    def DuckRows(self, path, columns="id, n"):
        return sorted(self.duckdb_delta.execute(f"SELECT {columns} FROM delta_scan('{path}')").fetchall())

    def RustRows(self, path, columns="id, n"):
        table = (
            deltalake.QueryBuilder()
            .register("t", deltalake.DeltaTable(str(path)))
            .execute(f"SELECT {columns} FROM t")
            .read_all()
        )
        return sorted(zip(*(column.to_pylist() for column in table.columns), strict=True))


@pytest.fixture
def engines(spark, pixlake, duckdb_delta):
    return Engines(spark, pixlake, duckdb_delta)


def FeatureRow(engines, feature, mine, theirs):
    Create(engines.Ours, mine, feature)
    Create(engines.spark.sql, theirs, feature)

    def Ids(read, path):
        return lambda: [row[0] for row in read(path, "id")]

    def SparkAdds():
        Insert(engines.spark.sql, mine, 5)
        return Ids(engines.OurRows, mine)()

    def RustAdds():
        rows = pa.table({"id": [6], "part": ["p"], "n": pa.array([60], pa.int32())})
        deltalake.write_deltalake(str(mine), rows, mode="append", schema_mode="merge")
        return Ids(engines.SparkRows, mine)()

    def WeChange():
        Insert(engines.Ours, theirs, 4)
        if feature != "appendOnly":
            engines.Ours(f"DELETE FROM delta.`{theirs}` WHERE id = 3")
        if feature == "clustering":
            engines.Ours(f"OPTIMIZE delta.`{theirs}`")
        assert Ids(engines.OurRows, theirs)() == Ids(engines.SparkRows, theirs)()
        return Ids(engines.SparkRows, theirs)()

    wanted = Wanted(feature)
    cells = [
        Cell(Ids(engines.SparkRows, mine), wanted),
        Cell(Ids(engines.RustRows, mine), wanted),
        Cell(Ids(engines.DuckRows, mine), wanted),
        Cell(Ids(engines.OurRows, mine), wanted),
        Cell(SparkAdds, Wanted(feature, 5)),
        Cell(RustAdds, Wanted(feature, 5, 6)),
        Cell(Ids(engines.OurRows, theirs), wanted),
        Cell(Ids(engines.RustRows, theirs), wanted),
        Cell(Ids(engines.DuckRows, theirs), wanted),
        Cell(WeChange, [i for i in Wanted(feature, 4) if i != 3 or feature == "appendOnly"]),
    ]
    return cells, [cells[i] for i in (0, 3, 4, 6, 9)]


def TheirRow(engines, feature, path):
    """What we say of a table with a feature of which we read all or nothing."""
    columns, insert = THEIRS[feature]
    engines.spark.sql(f"CREATE TABLE delta.`{path}` {columns}")
    engines.spark.sql(insert.format(path))
    outcomes = []
    for sql in (f"SELECT count(*) AS n FROM delta.`{path}`", insert.format(path)):
        outcome = engines.pixlake("sql", sql, "--json", status=None)
        named = feature in outcome.stdout + outcome.stderr
        assert outcome.status == 0 or named, str(outcome)
        outcomes.append("yes" if outcome.status == 0 else "refused by name")
    (count,) = engines.spark.sql(f"SELECT count(*) FROM delta.`{path}`").first()
    assert count == (2 if outcomes[1] == "yes" else 1)
    return f"| {feature} | {outcomes[0]} | {outcomes[1]} |\n"


def OperationRow(engines, operation, folder):
    wanted = sorted(operation.wanted.items())

    def Make(run, path, ours):
        properties = f" TBLPROPERTIES ({operation.properties})" if operation.properties else ""
        run(f"CREATE TABLE delta.`{path}` ({COLUMNS}) USING delta {operation.create}{properties}")
        run(f"INSERT INTO delta.`{path}` VALUES (1, 'p', 10), (2, 'p', 20)")
        run(f"INSERT INTO delta.`{path}` VALUES (3, 'q', 30), (4, 'q', 40)")
        for statement in operation.statements:
            text = statement.replace("{}", str(path))
            run(text.replace("2L", "2::BIGINT").replace("7L", "7::BIGINT") if ours else text)

    mine, theirs, rust = folder / "ours", folder / "spark", folder / "rust"
    Make(engines.Ours, mine, True)

    def At(path):
        return operation.at.replace("{}", str(path))

    def SparksReadByUs():
        Make(engines.spark.sql, theirs, False)
        return engines.OurRows(At(theirs))

    def RustsReadByUs():
        Write(str(rust), (1, "p", 10), (2, "p", 20))
        Write(str(rust), (3, "q", 30), (4, "q", 40), mode="append")
        operation.rust(str(rust))
        return engines.OurRows(rust)

    rust_wanted = sorted(BEFORE.items()) if operation.name in RUST_ADDS_NONE else wanted
    cells = [
        Cell(lambda: engines.SparkRows(At(mine)), wanted),
        Cell(lambda: engines.RustRows(At(mine)), wanted),
        Cell(lambda: engines.DuckRows(At(mine)), wanted),
        Cell(lambda: engines.OurRows(At(mine)), wanted),
        Cell(SparksReadByUs, wanted),
        Cell(RustsReadByUs, rust_wanted) if operation.rust else ("-", ""),
    ]
    return cells, [cells[0], *cells[3:]]


@pytest.mark.spark
@pytest.mark.full
@pytest.mark.matrix
@pytest.mark.timeout(2400)
def test_the_page_says_what_each_engine_reads_and_writes(engines, tmp_path):
    import duckdb
    import pyspark

    text = HEAD.format(spark=pyspark.__version__, deltalake=deltalake.__version__, duckdb=duckdb.__version__)
    text += FEATURES_HEAD + TableHead(FEATURE_TITLES)
    wrong = []

    def Judge(name, cells, ours):
        wrong.extend((name, *cell) for cell in ours if cell[0] not in ("yes", "-"))
        wrong.extend((name, *cell) for cell in cells if cell[0] == "WRONG")

    for number, feature in enumerate(FEATURES):
        cells, ours = FeatureRow(engines, feature, tmp_path / f"o{number} {feature}", tmp_path / f"s{number} {feature}")
        Judge(feature, cells, ours)
        text += Line(feature, cells)
    text += THEIRS_HEAD + TableHead(["feature", "read by us", "added to by us"])
    for feature in THEIRS:
        text += TheirRow(engines, feature, tmp_path / feature)
    text += OPERATIONS_HEAD + TableHead(OPERATION_TITLES)
    for number, operation in enumerate(OPERATIONS):
        folder = tmp_path / f"operation{number}"
        folder.mkdir()
        cells, ours = OperationRow(engines, operation, folder)
        Judge(operation.name, cells, ours)
        text += Line(operation.name, cells)
    assert wrong == []
    text += FOOT
    if os.environ.get("PIXLAKE_WRITE_DOCS") == "1":
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text
