"""docs/delta.md's table of features is the program's own. PIXLAKE_WRITE_DOCS=1 writes it."""

import os

from conftest import ROOT

PAGE = ROOT / "docs/delta.md"
BEGIN, END = "<!-- features:begin -->\n", "<!-- features:end -->"


def Table(features: list[dict]) -> str:
    lines = ["| feature | read | write | switched on by | notes |", "|---|---|---|---|---|"]
    for feature in features:
        by = f"`{feature['property']}`" if feature["property"] else "when needed" if feature["switched_on"] else ""
        lines.append(f"| {feature['name']} | {feature['read']} | {feature['write']} | {by} | {feature['note']} |")
    return "\n".join(lines) + "\n"


def test_the_page_has_the_programs_table(pixlake):
    features = pixlake("version", "--features", "--json").json["features"]
    assert len({feature["name"] for feature in features}) == len(features) > 20
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    wanted = head + BEGIN + Table(features) + END + rest.split(END)[1]
    if os.environ.get("PIXLAKE_WRITE_DOCS") == "1":
        PAGE.write_text(wanted, encoding="utf-8")
        text = wanted
    assert text == wanted, "run this test with PIXLAKE_WRITE_DOCS=1"
