"""`pixlake run --config`: checks, sidecars and steps of one's own, as the settings say."""

import json
import signal
import time

import numpy as np
import pytest
from conftest import BIN
from ingest_lake import Rows, Sha256, Uri
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from test_run import TABLES, Picture, Same, Steps, TextRows


def Lake(pixlake, tmp_path, settings):
    """A lake with these settings beside what init writes; gives the settings' file."""
    lake = tmp_path / "lake"
    (tmp_path / "in").mkdir(exist_ok=True)
    if not (lake / "config").exists():
        pixlake("init", lake, "--source", tmp_path / "in")
    file = lake / "config" / "settings.yaml"
    # YAML, too.
    file.write_text(json.dumps({"sources": [{"path": str(tmp_path / "in"), "label": "folder"}], **settings}))
    return file


def Validated(lake):
    return {row["image_id"]: row for row in Rows(lake, "processed.validated")}


def Outcomes(row):
    return {check["name"]: check["outcome"] for check in row["checks"]}


@pytest.fixture
def pictures(tmp_path):
    """A sharp, a blurred, a dark, a uniform and a tiny picture, and one with a place; by name their ids."""
    folder = tmp_path / "in" / "walks"
    Picture(folder / "sharp.png", 1, (100, 80))
    grey = np.tile(np.linspace(60, 200, 100).astype(np.uint8)[None, :, None], (80, 1, 3))
    Image.fromarray(grey).save(folder / "blurred.png")
    Image.fromarray((np.random.default_rng(2).integers(0, 38, (80, 100, 3))).astype(np.uint8)).save(folder / "dark.png")
    Image.new("RGB", (100, 80), (90, 120, 30)).save(folder / "uniform.png")
    Picture(folder / "tiny.png", 3, (8, 8))
    exif = Image.Exif()
    exif[Base.Make] = "Maker"
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "N",
            GPS.GPSLatitude: (46.0, 30.0, 0.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (8.0, 0.0, 0.0),
        }
    )
    pixels = np.random.default_rng(4).integers(0, 256, (80, 100, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "placed.jpg", exif=exif)
    return {path.stem: Sha256(path.read_bytes()) for path in folder.iterdir()}


def test_each_kind_of_check_says_what_is_so(pixlake, tmp_path, pictures):
    square = [[7.0, 46.0], [9.0, 46.0], [9.0, 47.0], [7.0, 47.0]]
    checks = [
        {"kind": "format", "in": ["PNG"]},
        {"kind": "dimensions", "min_width": 50, "max_height": 100},
        {"kind": "aspect", "min": 1.2, "max": 1.3},
        {"kind": "bit_depth", "in": [8]},
        {"kind": "blur", "min_sharpness": 100},
        {"kind": "darkness", "min_brightness": 20},
        {"kind": "noise", "max": 5},
        {"kind": "uniform", "max_share": 0.9},
        {"kind": "duplicate"},
        {"kind": "exif", "required": ["make"]},
        {"kind": "place", "name": "within", "polygon": square},
        {"kind": "place", "name": "elsewhere", "polygon": [[x + 5, y] for x, y in square]},
        {"kind": "label", "in": ["walks"]},
        {"kind": "sql", "name": "small", "condition": "size < 1000"},
    ]
    file = Lake(pixlake, tmp_path, {"checks": checks})
    walks = tmp_path / "in" / "walks"
    (walks / "again.png").write_bytes((walks / "sharp.png").read_bytes())
    pixlake("run", "--config", file)
    found = {name: Outcomes(Validated(tmp_path / "lake")[pictures[name]]) for name in pictures}

    def Failed(check):
        return {name for name, outcomes in found.items() if outcomes[check] == "failed"}

    assert Failed("format") == {"placed"}
    assert Failed("dimensions") == Failed("aspect") == {"tiny"}
    assert Failed("bit_depth") == Failed("label") == set()
    assert Failed("blur") == {"blurred", "uniform"}
    assert Failed("darkness") == {"dark"}
    assert Failed("noise") == {"sharp", "tiny", "placed", "dark"}
    assert Failed("uniform") == {"uniform"}
    assert Failed("duplicate") == {"sharp"}
    assert Failed("exif") == set(found) - {"placed"}
    assert (found["placed"]["within"], found["placed"]["elsewhere"]) == ("passed", "failed")
    assert found["sharp"]["within"] == "not_applicable"
    sizes = {path.stem: path.stat().st_size for path in walks.iterdir()}
    assert Failed("small") == {name for name in found if sizes[name] >= 1000}


def test_severities_decide_what_goes_on(pixlake, tmp_path, pictures):
    file = Lake(
        pixlake,
        tmp_path,
        {
            "checks": [
                {"kind": "blur", "min_sharpness": 100, "severity": "drop"},
                {"kind": "darkness", "min_brightness": 20, "severity": "quarantine"},
                {"kind": "exif", "required": ["make"], "severity": "warn"},
            ]
        },
    )
    lake = tmp_path / "lake"
    pixlake("run", "--config", file, status=3)
    status = {name: Validated(lake)[one]["status"] for name, one in pictures.items()}
    assert status == {
        "sharp": "warned",
        "blurred": "dropped",
        "uniform": "dropped",
        "dark": "quarantined",
        "tiny": "warned",
        "placed": "passed",
    }
    through = {pictures[name] for name in ("sharp", "tiny", "placed")}
    assert {row["image_id"] for row in Rows(lake, "processed.enriched")} == through
    assert {row["image_id"] for row in Rows(lake, "curated.ml_ready")} == through

    # Other checks: just what follows from them is made again.
    stop = Lake(pixlake, tmp_path, {"checks": [{"kind": "darkness", "min_brightness": 20, "severity": "stop"}]})
    done = pixlake("run", "--config", stop, status=1)
    assert pictures["dark"] in done.stderr
    assert {row["image_id"] for row in Rows(lake, "processed.enriched")} == through
    steps = Steps(pixlake("run", "--config", Lake(pixlake, tmp_path, {}), "--json"))
    assert steps["features"]["mode"] == "nothing"
    assert len(Rows(lake, "processed.enriched")) == len(pictures)


def test_sidecars_are_joined_by_name(pixlake, tmp_path):
    folder = tmp_path / "in"
    for seed, name in enumerate(["a.png", "b.png", "c.png"]):
        Picture(folder / name, seed)
    (folder / "a.json").write_text('{"title": "A", "stars": [1, 2.50]}')
    (folder / "b.png.yaml").write_text("title: B\nday: 2024-02-29\n")
    (folder / "c.yml").write_text("title: [broken")
    file = Lake(pixlake, tmp_path, {})
    lake = tmp_path / "lake"
    pixlake("run", "--config", file)

    def Sidecars():
        return {row["filename"]: row for row in Rows(lake, "processed.enriched")}

    assert Sidecars()["a.png"]["sidecar"] == '{"title":"A","stars":[1,2.50]}'
    assert Sidecars()["a.png"]["sidecar_uri"] == Uri(folder / "a.json")
    assert json.loads(Sidecars()["b.png"]["sidecar"]) == {"title": "B", "day": "2024-02-29"}
    assert Sidecars()["c.png"]["sidecar"] is None
    broken = {row["filename"]: row for row in Rows(lake, "processed.sidecars")}["c.yml"]
    assert (broken["verdict"], broken["document"]) == ("corrupt", None)
    assert broken["message"]
    # One that is mended, one that is new and one that is gone.
    (folder / "c.yml").write_text("title: C\n")
    (folder / "a.json").unlink()
    pixlake("run", "--config", file)
    assert json.loads(Sidecars()["c.png"]["sidecar"]) == {"title": "C"}
    assert Sidecars()["a.png"]["sidecar"] is None
    Same(pixlake, lake, tmp_path)


def test_steps_of_ones_own(pixlake, tmp_path):
    for seed in range(4):
        Picture(tmp_path / "in" / f"{seed % 2}" / f"{seed}.png", seed, (40, 20))
    steps = [
        {
            "name": "thumbs",
            "inputs": ["raw.images"],
            "kernel": "thumbnail",
            "parameters": {"max_side": 8},
            "output": "processed.thumbs",
            "key": "image_id",
        },
        {
            "name": "labels",
            "inputs": ["processed.enriched"],
            "sql": "SELECT label, count(*) AS images FROM enriched GROUP BY label",
            "output": "curated.labels",
            "key": "label",
        },
        {"name": "analytics", "enabled": False},
    ]
    file = Lake(pixlake, tmp_path, {"steps": steps})
    lake = tmp_path / "lake"
    pixlake("run", "--config", file)
    assert {(row["width"], row["height"]) for row in Rows(lake, "processed.thumbs")} == {(8, 4)}
    assert {row["label"]: row["images"] for row in Rows(lake, "curated.labels")} == {"0": 2, "1": 2}
    assert not (lake / "curated" / "analytics").exists()
    Picture(tmp_path / "in" / "1" / "new.png", 9)
    again = Steps(pixlake("run", "--config", file, "--json"))
    assert (again["thumbs"]["rows_in"], again["labels"]["keys"]) == (1, 1)
    assert {row["label"]: row["images"] for row in Rows(lake, "curated.labels")} == {"0": 2, "1": 3}


def test_a_condition_is_one(pixlake, tmp_path):
    Picture(tmp_path / "in" / "a.png", 1)
    cut = {"name": "x", "kind": "sql", "condition": "true) FROM image; COPY (SELECT 1) TO 'out.csv'; SELECT (true"}
    file = Lake(pixlake, tmp_path, {"checks": [cut]})
    assert "several statements" in pixlake("run", "--config", file, status=2).stderr


def Own(**step):
    return {"steps": [{"inputs": ["processed.enriched"], "output": "curated.own", "key": "label"} | step]}


def test_rows_without_a_key_belong_together_and_keys_may_be_numbers(pixlake, tmp_path):
    for seed in range(3):
        Picture(tmp_path / "in" / f"{seed}.png", seed, (40 + seed, 20))
    by_lens = Own(name="own", key="lens", sql="SELECT lens, count(*) AS n FROM enriched GROUP BY lens")
    by_width = Own(name="own", key="width", sql="SELECT width, count(*) AS n FROM enriched GROUP BY width")
    lake = tmp_path / "lake"
    pixlake("run", "--config", Lake(pixlake, tmp_path, by_lens))
    assert [(row["lens"], row["n"]) for row in Rows(lake, "curated.own")] == [(None, 3)]
    Picture(tmp_path / "in" / "more.png", 9, (40, 20))
    pixlake("run", "--config", Lake(pixlake, tmp_path, by_lens))
    assert [(row["lens"], row["n"]) for row in Rows(lake, "curated.own")] == [(None, 4)]
    # Other columns: the table is another one from then on, its versions stay.
    pixlake("run", "--config", Lake(pixlake, tmp_path, by_width))
    assert {row["width"]: row["n"] for row in Rows(lake, "curated.own")} == {40: 2, 41: 1, 42: 1}
    (tmp_path / "in" / "more.png").unlink()
    Picture(tmp_path / "in" / "last.png", 10, (41, 20))
    steps = Steps(pixlake("run", "--config", Lake(pixlake, tmp_path, by_width), "--json"))
    # The one whose place is gone was looked at again, too.
    assert (steps["own"]["mode"], steps["own"]["keys"]) == ("changed", 2)
    assert {row["width"]: row["n"] for row in Rows(lake, "curated.own")} == {40: 2, 41: 2, 42: 1}


def test_a_key_that_is_none_of_the_inputs_is_refused(pixlake, tmp_path):
    Picture(tmp_path / "in" / "a" / "1.png", 1)
    shouting = Own(name="own", sql="SELECT upper(label) AS label, count(*) AS n FROM enriched GROUP BY 1")
    pixlake("run", "--config", Lake(pixlake, tmp_path, shouting))
    Picture(tmp_path / "in" / "a" / "2.png", 2)
    done = pixlake("run", "--config", Lake(pixlake, tmp_path, shouting), status=1)
    assert "step own" in done.stderr
    assert "outside" in done.stderr
    assert [(row["label"], row["n"]) for row in Rows(tmp_path / "lake", "curated.own")] == [("A", 1)]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"processing": {"batch_sise": 3}}, "batch_size"),
        ({"steps": [{"name": "featuers", "enabled": False}]}, "features"),
        (
            {"steps": [{"name": "x", "inputs": ["raw.imagse"], "sql": "SELECT 1", "output": "curated.x", "key": "y"}]},
            "raw.images",
        ),
        (
            {"steps": [{"name": "x", "inputs": ["raw.images"], "kernel": "thumbnial", "output": "curated.x"}]},
            "thumbnail",
        ),
        ({"storage": {"curated_path": "elsewhere"}}, "curated"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_done(pixlake, tmp_path, settings, said):
    Picture(tmp_path / "in" / "a.png", 1)
    file = Lake(pixlake, tmp_path, settings)
    done = pixlake("run", "--config", file, status=None)
    assert done.status in (1, 2), done
    assert said in done.stderr
    assert Rows(tmp_path / "lake", "processed.features") == []


@pytest.mark.full
def test_killed_anywhere_it_ends_as_if_it_had_not_been(pixlake, tmp_path):
    import subprocess

    for seed in range(30):
        Picture(tmp_path / "in" / f"{seed}.png", seed, (200, 200))
        (tmp_path / "in" / f"{seed}.json").write_text(json.dumps({"n": seed}))
    file = Lake(pixlake, tmp_path, {"checks": [{"kind": "blur", "min_sharpness": 100}]})
    lake = tmp_path / "lake"
    delay = 0.02
    for round_ in range(40):
        Picture(tmp_path / "in" / f"more{round_}.png", 1000 + round_, (150, 150))
        run = subprocess.Popen([BIN / "pixlake", "run", "--config", file, "--quiet"], stderr=subprocess.DEVNULL)
        time.sleep(delay)
        run.send_signal(signal.SIGKILL)
        killed = run.wait() == -signal.SIGKILL
        delay = delay + 0.02 if killed else 0.02
    pixlake("run", "--config", file)
    assert len(Rows(lake, "raw.images")) == 70
    ids = [row["image_id"] for row in Rows(lake, "processed.enriched")]
    assert len(ids) == len(set(ids)) == 70
    before = {table: TextRows(lake, table) for table in TABLES}
    pixlake("run", "--config", file)
    assert {table: TextRows(lake, table) for table in TABLES} == before
    Same(pixlake, lake, tmp_path)
