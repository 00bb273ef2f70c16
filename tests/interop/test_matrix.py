"""Which engine made, read and changed a table with which feature: docs/interop.md.

PIXLAKE_WRITE_DOCS=1 writes the page; without it the page has to say what is so. Cells where an
engine that is not ours cannot are written as they are; ours have to be "yes".
"""

from __future__ import annotations

import os

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
    "v2Checkpoint": (COLUMNS, {"delta.checkpointPolicy": "v2", "delta.checkpointInterval": "2"}),
    "vacuumProtocolCheck": (COLUMNS, {"delta.feature.vacuumProtocolCheck": "supported"}),
    "inCommitTimestamp": (COLUMNS, {"delta.enableInCommitTimestamps": "true"}),
    "typeWidening": (COLUMNS, {"delta.enableTypeWidening": "true"}),
    "rowTracking": (COLUMNS, {"delta.feature.rowTracking": "supported"}),
}
HEAD = """# Which engine reads and writes what

Written by `tests/interop/test_matrix.py`: for each feature a table is made by pixlake and by
Spark {spark} with delta-spark, in the same words, with three rows and, where the feature allows, one
row deleted; then it is read by each engine, added to by each, and read again. What delta-rs (deltalake
{deltalake}) cannot, its own message aside, is "no". DuckDB's `delta_scan` is an extension that has to be
downloaded, and was not here; its reader is delta-kernel-rs, as delta-rs' is.

"""
COLUMN_TITLES = [
    "feature",
    "ours: read by Spark",
    "by delta-rs",
    "by us",
    "added to by Spark",
    "by delta-rs",
    "Spark's: read by us",
    "by delta-rs",
    "changed by us, read by Spark",
]
FOOT = """
delta-rs makes tables of its own in `tests/interop/test_change_rows.py` and `test_table_rules.py`
(plain, partitioned, with change data feed, constraints, invariants), where each operation of ours
is compared with its own. Tables of other writers, with the rows that they must give, are read in
`src/delta/conformance_test.cc`.
"""


def Create(run, path, feature, make_constraint=True):
    columns, properties = FEATURES[feature]
    text = ", ".join(f"'{key}' = '{value}'" for key, value in properties.items())
    run(
        f"CREATE TABLE delta.`{path}` ({columns}) USING delta PARTITIONED BY (part)"
        + (f" TBLPROPERTIES ({text})" if text else "")
    )
    if feature == "checkConstraints":
        run(f"ALTER TABLE delta.`{path}` ADD CONSTRAINT c CHECK (id < 1000)")
    Insert(run, path, 1)
    Insert(run, path, 2)
    Insert(run, path, 3)
    if feature != "appendOnly":
        run(f"DELETE FROM delta.`{path}` WHERE id = 2")
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


@pytest.mark.spark
@pytest.mark.full
@pytest.mark.matrix
@pytest.mark.timeout(2400)
def test_the_page_says_what_each_engine_reads_and_writes(spark, pixlake, tmp_path):
    import pyspark

    def Ours(sql):
        return pixlake("sql", sql, "--json").json["rows"]

    def OursIds(path):
        return sorted(row["id"] for row in Ours(f"SELECT id FROM delta.`{path}`"))

    def SparkIds(path):
        return sorted(row.id for row in spark.read.format("delta").load(str(path)).select("id").collect())

    def RustIds(path):
        return sorted(
            deltalake.QueryBuilder()
            .register("t", deltalake.DeltaTable(str(path)))
            .execute("SELECT id FROM t")
            .read_all()["id"]
            .to_pylist()
        )

    def RustAppend(path):
        rows = pa.table({"id": [6], "part": ["p"], "n": pa.array([60], pa.int32())})
        deltalake.write_deltalake(str(path), rows, mode="append", schema_mode="merge")
        return SparkIds(path)

    text = HEAD.format(spark=pyspark.__version__, deltalake=deltalake.__version__)
    text += "| " + " | ".join(COLUMN_TITLES) + " |\n" + "|---" * len(COLUMN_TITLES) + "|\n"
    wrong = []
    for number, feature in enumerate(FEATURES):
        mine, theirs = tmp_path / f"o{number} {feature}", tmp_path / f"s{number} {feature}"
        Create(Ours, mine, feature)
        Create(spark.sql, theirs, feature)

        def SparkAdds(path=mine):
            Insert(spark.sql, path, 5)
            return OursIds(path)

        def WeChange(path=theirs, feature=feature):
            Insert(Ours, path, 4)
            if feature != "appendOnly":
                Ours(f"DELETE FROM delta.`{path}` WHERE id = 3")
            assert OursIds(path) == SparkIds(path)
            return SparkIds(path)

        wanted = Wanted(feature)
        cells = [
            Cell(lambda: SparkIds(mine), wanted),  # noqa: B023
            Cell(lambda: RustIds(mine), wanted),  # noqa: B023
            Cell(lambda: OursIds(mine), wanted),  # noqa: B023
            Cell(SparkAdds, Wanted(feature, 5)),
            Cell(lambda: RustAppend(mine), Wanted(feature, 5, 6)),  # noqa: B023
            Cell(lambda: OursIds(theirs), wanted),  # noqa: B023
            Cell(lambda: RustIds(theirs), wanted),  # noqa: B023
            Cell(WeChange, [i for i in Wanted(feature, 4) if i != 3 or feature == "appendOnly"]),
        ]
        ours = [cells[i] for i in (0, 2, 3, 5, 7)]
        wrong += [(feature, *cell) for cell in ours if cell[0] != "yes"]
        wrong += [(feature, *cell) for cell in cells if cell[0] == "WRONG"]
        text += f"| {feature} | " + " | ".join(cell[0] for cell in cells) + " |\n"
    assert wrong == []
    text += FOOT
    if os.environ.get("PIXLAKE_WRITE_DOCS") == "1":
        PAGE.write_text(text, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == text
