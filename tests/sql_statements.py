"""Lists of SQL statements with the answers others give (tests/sql/statements/*.test), and how to ask for them.

Blocks divided by empty lines, '#' begins a comment:

    spark ok            the statement succeeds; `spark`: in Spark as well, in the same order
    duckdb query        its rows follow ----, a line each, cells divided by tabs, in any order
    pixlake error usage it is refused with this code, in words that follow ----

The first word says whose answer it is: Spark's, DuckDB's or, where neither has the statement, ours alone.
__DIR__ is a folder that is new for each file; in a cell \\n is a line's end.
"""

import base64
import dataclasses
import datetime
import decimal
import json
from pathlib import Path

FOLDER = Path(__file__).parent / "sql" / "statements"


@dataclasses.dataclass
class Block:
    line: int
    whose: str
    kind: str
    code: str
    sql: str
    expected: list[str]


def Blocks(path: Path, folder: Path) -> list[Block]:
    blocks = []
    for number, text in _Paragraphs(path):
        head, *rest = text.replace("__DIR__", str(folder)).split("\n")
        sql, _, expected = "\n".join(rest).partition("\n----\n")
        whose, kind, code = (head.split() + [""])[:3]
        blocks.append(
            Block(number, whose, kind, code, sql.removesuffix("\n----"), expected.split("\n") if expected else [])
        )
    return blocks


def _Paragraphs(path: Path):
    lines, begin = [], 0
    for number, line in enumerate(path.read_text().split("\n") + [""], 1):
        if line.startswith("#") and not lines:
            continue
        if line:
            begin = begin or number
            lines.append(line)
        elif lines:
            yield begin, "\n".join(lines)
            lines, begin = [], 0


def Cell(value) -> str:
    """A value as the lists write it, whoever gave it."""
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case float():
            return repr(value)
        case bytes() | bytearray():
            return base64.b64encode(bytes(value)).decode()
        case datetime.date() | datetime.datetime():
            return value.isoformat()
        case decimal.Decimal():
            return repr(float(value))
        case str():
            return value.replace("\n", "\\n")
        case list() | tuple() if not hasattr(value, "asDict"):
            return "[" + ", ".join(map(Cell, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{key}: {Cell(one)}" for key, one in value.items()) + "}"
    return Cell(value.asDict()) if hasattr(value, "asDict") else str(value)


def Rows(rows) -> list[str]:
    return sorted("\t".join(map(Cell, row)) for row in rows)


def OurRows(outcome) -> list[str]:
    return Rows(row.values() for row in json.loads(outcome.stdout)["rows"])
