"""docs/tables.md tells of the columns of a lake's tables what the tables do. PIXLAKE_WRITE_DOCS=1 writes it."""

import json
import os

import numpy as np
from conftest import ROOT
from deltalake import DeltaTable
from PIL import Image

PAGE = ROOT / "docs/tables.md"
BEGIN, END = "<!-- columns:begin -->\n", "<!-- columns:end -->"


def Written(lake):
    """What delta-rs reads, zone by zone."""
    text = ""
    for zone in ("raw", "processed", "curated"):
        for place in sorted((lake / zone).iterdir()):
            table = DeltaTable(place)
            text += (
                f"### {zone}.{place.name}\n\n{table.metadata().description}.\n\n| column | type | |\n|---|---|---|\n"
            )
            for field in table.schema().fields:
                words = field.metadata["comment"]
                kind = json.loads(field.to_json())["type"]
                kind = kind if isinstance(kind, str) else kind["type"]
                text += f"| `{field.name}` | {kind} | {words} |\n"
            text += "\n"
    return text


def test_the_page_says_what_the_tables_say(pixlake, tmp_path):
    (tmp_path / "in").mkdir()
    pixels = np.random.default_rng(1).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in" / "a.png")
    pixlake("init", tmp_path / "lake")
    settings = tmp_path / "lake" / "config" / "settings.yaml"
    checks = [{"kind": "format", "in": ["PNG"]}]
    settings.write_text(json.dumps({"sources": [{"path": str(tmp_path / "in")}], "checks": checks}))
    pixlake("run", "--config", settings)
    page = PAGE.read_text()
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    page = before + BEGIN + Written(tmp_path / "lake") + END + after
    if os.environ.get("PIXLAKE_WRITE_DOCS"):
        PAGE.write_text(page)
    assert PAGE.read_text() == page
