"""`pixlake run`: the lake's tables from bronze to gold, of which only what changed is made anew."""

import json
import random
import shutil

import numpy as np
import pytest
from ingest_lake import Rows, Sha256
from PIL import Image

TABLES = [
    "processed.features",
    "processed.validated",
    "processed.sidecars",
    "processed.enriched",
    "curated.analytics",
    "curated.ml_ready",
    "curated.reporting",
]
# When a row was made; the rest of it follows from the inputs.
MADE_AT = {"processed.features": "extracted_at", "processed.validated": "validated_at"}


def Picture(path, seed, size=(24, 18)):
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def Steps(outcome):
    return {step["name"]: step for step in outcome.json["steps"]}


def TextRows(lake, table):
    rows = Rows(lake, table)
    for row in rows:
        row.pop(MADE_AT.get(table), None)
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in rows)


def Same(pixlake, lake, scratch):
    """The tables equal those made from nothing out of the same inputs."""
    fresh = scratch / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(lake, fresh)
    for zone in ("processed", "curated"):
        shutil.rmtree(fresh / zone)
    pixlake("run", "--lake", fresh)
    for table in TABLES:
        assert TextRows(lake, table) == TextRows(fresh, table), table


def test_pictures_become_tables(pixlake, tmp_path):
    lake, source = tmp_path / "lake", tmp_path / "in"
    for i in range(5):
        Picture(source / "cats" / f"{i}.png", i)
    (source / "cats" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    (source / "cats" / "0.json").write_text("{}")
    pixlake("init", lake)
    steps = Steps(pixlake("run", "--lake", lake, source, "--json", status=3))
    assert list(steps) == [
        "ingest",
        "features",
        "sidecars",
        "validated",
        "enriched",
        "analytics",
        "ml_ready",
        "reporting",
    ]
    assert (steps["ingest"]["rows_out"], steps["features"]["rows_in"]) == (5, 5)
    for table in TABLES:
        rows = Rows(lake, table)
        assert rows, table
        assert all(row["date_partition"] for row in rows), table
    reports = {(row["report"], row["name"]): row["images"] for row in Rows(lake, "curated.reporting")}
    assert reports["total", "all"] == reports["format", "PNG"] == reports["status", "passed"] == 5
    assert sum(n for (report, _), n in reports.items() if report == "verdict") == 1


def test_a_second_run_does_nothing(pixlake, tmp_path):
    lake, source = tmp_path / "lake", tmp_path / "in"
    Picture(source / "a.png", 1)
    pixlake("init", lake)
    pixlake("run", "--lake", lake, source)
    logs = sorted(lake.glob("*/*/_delta_log/*.json"))
    steps = Steps(pixlake("run", "--lake", lake, source, "--json"))
    del steps["ingest"]
    assert {step["mode"] for step in steps.values()} == {"nothing"}
    assert sorted(lake.glob("*/*/_delta_log/*.json")) == logs


def test_one_new_picture_is_all_that_is_decoded(pixlake, tmp_path):
    lake, source = tmp_path / "lake", tmp_path / "in"
    for i in range(8):
        Picture(source / f"{i}.png", i)
    pixlake("init", lake)
    pixlake("run", "--lake", lake, source)
    Picture(source / "new.png", 100)
    plan = Steps(pixlake("run", "--lake", lake, "--plan", "--json"))
    assert {step["mode"] for step in plan.values()} == {"nothing"}  # it is not in the lake yet
    steps = Steps(pixlake("run", "--lake", lake, source, "--json"))
    assert [steps[name]["rows_in"] for name in ("features", "enriched", "ml_ready")] == [1, 1, 1]
    assert len(Rows(lake, "curated.ml_ready")) == 9
    Same(pixlake, lake, tmp_path)


def test_what_is_put_back_is_made_again(pixlake, tmp_path):
    lake, source = tmp_path / "lake", tmp_path / "in"
    for i in range(4):
        Picture(source / f"{i}.png", i)
        (source / f"{i}.json").write_text(json.dumps({"n": i}))
    (source / "again.png").write_bytes((source / "3.png").read_bytes())
    pixlake("init", lake)
    pixlake("run", "--lake", lake, source)
    for table in ("raw.images", "raw.binary"):
        version = pixlake("table", "describe", table, "--lake", lake, "--json").json["version"]
        pixlake("sql", f"DELETE FROM {table} WHERE filename LIKE '1.%'", "--lake", lake)
        pixlake("sql", f"RESTORE TABLE {table} TO VERSION AS OF {version}", "--lake", lake)
    pixlake("run", "--lake", lake)
    assert [len(Rows(lake, table)) for table in ("processed.features", "processed.sidecars")] == [4, 4]
    Same(pixlake, lake, tmp_path)
    # Places that somebody takes out touch the images that they were of.
    pixlake("sql", "DELETE FROM raw.sources WHERE uri LIKE '%/2.%' OR uri LIKE '%/again.png'", "--lake", lake)
    # An image that is there twice is a row of features twice.
    pixlake("sql", "INSERT INTO raw.images SELECT * FROM raw.images WHERE filename = '0.png'", "--lake", lake)
    pixlake("run", "--lake", lake)
    Same(pixlake, lake, tmp_path)


@pytest.mark.parametrize("seed", range(1))
def test_after_any_history_the_tables_equal_those_made_from_nothing(pixlake, tmp_path, seed):
    History(pixlake, tmp_path, seed, rounds=5)


@pytest.mark.full
def test_after_more_histories_too(pixlake, tmp_path):
    for seed in (1, 2, *range(100, 104)):
        shutil.rmtree(tmp_path, ignore_errors=True)
        History(pixlake, tmp_path, seed, rounds=8)


def History(pixlake, folder, seed, rounds):
    """Changes of the raw tables of every kind, a run after some of them."""
    dice = random.Random(seed)
    lake, source = folder / "lake", folder / "in"
    source.mkdir(parents=True)
    pixlake("init", lake)

    def Sql(statement):
        pixlake("sql", statement, "--lake", lake)

    def Take():
        for _ in range(dice.randint(1, 6)):
            Picture(source / f"{len(list(source.iterdir()))}.png", dice.randrange(1 << 30), (dice.randint(1, 40), 9))
        pixlake("ingest", source, "--lake", lake, *(["--describe"] if dice.random() < 0.7 else []))

    def Restore():
        versions = pixlake("table", "history", "raw.images", "--lake", lake, "--json").json["history"]
        Sql(f"RESTORE TABLE raw.images TO VERSION AS OF {dice.choice(versions[:4])['version']}")

    def InOutput():
        """Somebody changes what steps made."""
        table = dice.choice(["processed.features", "processed.enriched", "curated.ml_ready", "curated.analytics"])
        if not (lake / table.replace(".", "/") / "_delta_log").exists():
            return
        versions = pixlake("table", "history", table, "--lake", lake, "--json").json["history"]
        Sql(
            dice.choice(
                [
                    f"DELETE FROM {table} WHERE image_id LIKE '%{dice.choice(digit)}'",
                    f"UPDATE {table} SET image_id = concat('x', image_id) WHERE image_id LIKE '{dice.choice(digit)}%'",
                    f"INSERT INTO {table} SELECT * FROM {table} WHERE image_id LIKE '{dice.choice(digit)}%'",
                    f"RESTORE TABLE {table} TO VERSION AS OF {dice.choice(versions)['version']}",
                    f"OPTIMIZE {table}",
                ]
            )
        )

    digit = "0123456789abcdef"
    changes = [
        InOutput,
        InOutput,
        Take,
        Take,
        lambda: Sql(f"DELETE FROM raw.images WHERE id LIKE '{dice.choice(digit)}%'"),
        lambda: Sql(f"UPDATE raw.images SET label = '{dice.choice('xyz')}' WHERE id LIKE '%{dice.choice(digit)}'"),
        lambda: Sql(f"DELETE FROM raw.metadata WHERE id LIKE '%{dice.choice(digit)}'"),
        lambda: pixlake("table", "optimize", dice.choice(["raw.images", "raw.metadata"]), "--lake", lake),
        lambda: Sql("ALTER TABLE raw.images SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')"),
        Restore,
    ]
    if dice.random() < 0.5:
        changes.pop(-2)  # half of the lakes never have deletion vectors
    Take()
    for _ in range(rounds):
        for change in dice.choices(changes, k=dice.randint(1, 3)):
            change()
        pixlake("run", "--lake", lake)
        again = Steps(pixlake("run", "--lake", lake, "--json"))
        assert {step["mode"] for step in again.values()} == {"nothing"}
        SameBySql(pixlake, lake, folder)


def SameBySql(pixlake, lake, scratch):
    """As Same, for tables that delta-rs does not read: with deletion vectors in them."""
    fresh = scratch / "fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(lake, fresh)
    for zone in ("processed", "curated"):
        shutil.rmtree(fresh / zone)
    pixlake("run", "--lake", fresh)
    for table in TABLES:
        left = f"* EXCLUDE ({MADE_AT[table]})" if table in MADE_AT else "*"
        found = [
            sorted(json.dumps(row) for row in rows.json["rows"])
            for rows in (
                pixlake("sql", f"SELECT {left} FROM {table}", "--lake", one, "--json") for one in (lake, fresh)
            )
        ]
        assert found[0] == found[1], table


def test_pixels_are_measured_as_numpy_measures_them(pixlake, tmp_path):
    lake, source = tmp_path / "lake", tmp_path / "in"
    path = Picture(source / "a.png", 7, (64, 48))
    pixlake("init", lake)
    pixlake("run", "--lake", lake, source)
    (row,) = Rows(lake, "processed.features")
    assert row["image_id"] == Sha256(path.read_bytes())
    picture = Image.open(path)
    luma = np.asarray(picture.convert("L")).astype(float)
    assert row["brightness"] == pytest.approx(luma.mean() / 255)
    assert row["contrast"] == pytest.approx(luma.std() / 255)
    here, up, down = luma[1:-1, 1:-1], luma[:-2, 1:-1], luma[2:, 1:-1]
    left, right = luma[1:-1, :-2], luma[1:-1, 2:]
    assert row["sharpness"] == pytest.approx((up + down + left + right - 4 * here).var())
    corners = luma[:-2, :-2] + luma[:-2, 2:] + luma[2:, :-2] + luma[2:, 2:]
    mask = corners - 2 * (up + down + left + right) + 4 * here
    assert row["noise"] == pytest.approx(np.sqrt(np.pi / 2) / 6 * np.abs(mask).mean())
    rgb = np.asarray(picture).astype(int)
    levels = (rgb // 64).reshape(-1, 3)
    expected = np.bincount(levels[:, 0] * 16 + levels[:, 1] * 4 + levels[:, 2], minlength=64) / len(levels)
    assert row["feature_vector"] == pytest.approx(expected.tolist(), abs=1e-6)
    colours = (rgb // 16).reshape(-1, 3)
    assert row["uniform_share"] == pytest.approx(
        np.bincount(colours[:, 0] * 256 + colours[:, 1] * 16 + colours[:, 2]).max() / len(colours)
    )
