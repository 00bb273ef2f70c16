"""SQL that users type: each statement of tests/sql/statements has the answer, or the words, that the list says."""

import duckdb
import pytest
import sql_statements

LISTS = sorted(sql_statements.FOLDER.glob("*.test"), key=lambda path: path.stem)


def test_the_lists_are_not_short():
    assert sum(len(sql_statements.Blocks(path, path)) for path in LISTS) >= 150


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_statements_give_the_answers_of_the_list(pixlake, tmp_path, path):
    wrong = []
    for block in sql_statements.Blocks(path, tmp_path):
        failed = _Wrong(pixlake, block)
        if failed:
            wrong.append(f"{path.name}:{block.line}: {block.sql}\n  {failed}")
    assert not wrong, "\n".join(wrong)


def _Wrong(pixlake, block) -> str:
    error = block.kind == "error"
    outcome = pixlake("sql", "--json", "--", block.sql, status=None, timeout=60)
    if (outcome.status == 0) == error:
        return f"status {outcome.status}: {outcome.stdout[:500]} {outcome.stderr[:500]}"
    if error:
        refused = outcome.json["error"]
        missing = [words for words in block.expected if words not in refused["message"]]
        ours = [word for word in ("__pixlake", "CAST((") if word in refused["message"]]
        return f"{refused}" if missing or ours or refused["code"] != block.code else ""
    if block.kind == "query" and sql_statements.OurRows(outcome) != sorted(block.expected):
        return f"{sql_statements.OurRows(outcome)} for {sorted(block.expected)}"
    return ""


def test_duckdb_gives_the_answers_marked_as_its_own(tmp_path):
    for path in LISTS:
        for block in sql_statements.Blocks(path, tmp_path):
            if block.whose == "duckdb":
                rows = duckdb.connect().execute(block.sql).fetchall()
                assert sql_statements.Rows(rows) == sorted(block.expected), block.sql
