"""docs/grafana/pixlake.json: a dashboard as Grafana reads it, of metrics that there are."""

import json
import re
from pathlib import Path

from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client.parser import text_string_to_metric_families

FILE = Path(__file__).parents[2] / "docs" / "grafana" / "pixlake.json"


def test_grafanas_own_types_read_it_whole():
    written = json.loads(FILE.read_text())
    dashboard = Dashboard.from_json(written)
    assert dashboard.title == "pixlake"
    assert [panel.title for panel in dashboard.panels] == [panel["title"] for panel in written["panels"]]
    assert len({panel["id"] for panel in written["panels"]}) == len(written["panels"])
    # Nothing stands on top of another panel.
    cells = [
        (x, y)
        for panel in written["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def Family(name):
    return re.sub("_(bucket|sum|count|total)$", "", name)


def test_it_asks_for_the_metrics_that_there_are(pixlake, tmp_path):
    pixlake("init", tmp_path / "lake")
    text = pixlake("stats", "--lake", tmp_path / "lake", "--prometheus").stdout
    there = {Family(family.name) for family in text_string_to_metric_families(text)}
    written = json.loads(FILE.read_text())
    expressions = [target["expr"] for panel in written["panels"] for target in panel["targets"]]
    asked = {Family(name) for expression in expressions for name in re.findall(r"pixlake_[a-z_]+", expression)}
    assert there - asked <= {"pixlake_step_rows_in"}
    assert asked <= there
