"""The answers that tests/sql/statements calls Spark's are those of a real Spark."""

import pytest
import sql_statements


@pytest.mark.full
@pytest.mark.spark
@pytest.mark.parametrize("path", sorted(sql_statements.FOLDER.glob("*.test")), ids=lambda path: path.stem)
def test_spark_gives_the_answers_marked_as_its_own(spark, tmp_path, path):
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    wrong = []
    for block in sql_statements.Blocks(path, tmp_path):
        if block.whose != "spark":
            continue
        rows = sql_statements.Rows(list(row) for row in spark.sql(block.sql).collect())
        if block.kind == "query" and rows != sorted(block.expected):
            wrong.append(f"{path.name}:{block.line}: {block.sql}\n  {rows} for {sorted(block.expected)}")
    assert not wrong, "\n".join(wrong)
