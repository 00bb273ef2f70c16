"""`pixlake report`: what checks said as a page that needs nothing but itself."""

import base64
import hashlib
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import Base
from test_run import Picture
from test_run_settings import Lake

HOSTILE = "\"><svg onload=alert(1)><script>&'\u202e.png"


class Page(HTMLParser):
    """Tags with their attributes, and all text."""

    VOID = {"meta", "img", "br", "wbr"}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.texts, self.open = [], [], []
        self.feed(text)
        self.close()
        assert self.open == [], "tags that are not closed"

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    def Of(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture
def lake(pixlake, tmp_path):
    """Two runs; an image with a hostile name fails, one that lies on its side, and one that cannot be drawn."""
    folder = tmp_path / "in"
    Picture(folder / "fine.png", 1, (100, 80))
    Image.new("RGB", (100, 80), (200, 30, 30)).save(folder / "flat.png")
    Image.new("RGB", (100, 80), (10, 20, 30)).save(folder / HOSTILE)
    turned = np.zeros((60, 120, 3), dtype=np.uint8)
    turned[:, :60] = 250
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    exif[Base.Make] = "<img src=x onerror=alert(1)>"
    Image.fromarray(turned).save(folder / "turned.jpg", exif=exif)
    name = '<b>few & "blurred"</b>'
    checks = [
        {"kind": "uniform", "max_share": 0.4, "severity": "quarantine"},
        {"kind": "sql", "name": "made", "condition": "make IS NULL OR make = '</td><i>'"},
        {"kind": "unique", "column": "format", "table": "processed.enriched"},
        {"kind": "format", "in": ["PNG", "JPEG"]},
        {"kind": "label", "name": "gone", "in": [name]},
    ]
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": checks}), status=3)
    Picture(folder / "more.png", 9, (100, 80))
    pixlake("run", "--config", Lake(pixlake, tmp_path, {"checks": checks[:-1]}))
    return tmp_path / "lake"


def test_the_page_shows_what_fails_and_runs_nothing(pixlake, lake, tmp_path):
    out = tmp_path / "report.html"
    said = pixlake("report", "--lake", lake, "--output", out, "--json").json
    assert (said["checks"], said["failing"], said["bytes"]) == (4, 3, out.stat().st_size)
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    # Nothing that runs, nothing that is fetched.
    assert not {"script", "link", "iframe", "object", "a", "i", "b "} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "href")], tag
        assert attributes.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
    assert "url(" not in text
    assert "@import" not in text
    (policy,) = [tag["content"] for tag in page.Of("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    # Names are text, whatever is in them.
    assert HOSTILE in page.texts
    assert HOSTILE in [image["alt"] for image in page.Of("img")]
    shown = " ".join(page.texts)
    assert "uniform" in shown
    assert "No longer asked" in shown
    assert "2 runs" in shown
    # Pictures are small and upright.
    sides = set()
    for image in page.Of("img"):
        picture = Image.open(io.BytesIO(base64.b64decode(image["src"].split(",")[1])))
        assert max(picture.size) <= 144
        assert picture.size == (int(image["width"]), int(image["height"]))
        sides.add((image["alt"], picture.size[0] < picture.size[1]))
    assert ("turned.jpg", True) in sides
    assert ("flat.png", False) in sides
    # A bar a run.
    assert len(page.Of("svg")) == 5
    assert sum(1 for tag, _ in page.tags if tag == "rect") == 2 * 3 + 2 + 1


def test_pictures_are_bounded_and_run_writes_the_page_too(pixlake, lake, tmp_path):
    said = pixlake("report", "--lake", lake, "--output", tmp_path / "r.html", "--pictures", "1", "--json").json
    assert said["pictures"] == 1
    assert "no room for more pictures" in (tmp_path / "r.html").read_text()
    assert pixlake("report", "--lake", lake, "--output", "-").stdout.startswith("<!doctype html>")
    stop = {"kind": "uniform", "max_share": 0.4, "severity": "stop"}
    file = Lake(pixlake, tmp_path, {"checks": [stop]})
    pixlake("run", "--config", file, "--report", tmp_path / "stopped.html", status=1)
    assert "stop" in (tmp_path / "stopped.html").read_text()


def test_without_checks_it_says_how_to_ask(pixlake, tmp_path):
    pixlake("init", tmp_path / "lake")
    done = pixlake("report", "--lake", tmp_path / "lake", "--output", tmp_path / "r.html", status=1)
    assert "config/settings.yaml" in done.stderr
    assert not (tmp_path / "r.html").exists()
