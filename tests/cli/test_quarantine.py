"""What could not be taken: listed, shown, judged again (B3)."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import deltalake
import pytest
from conftest import BIN
from PIL import Image


def Run(*arguments: str | Path, status: int = 0) -> dict:
    run = subprocess.run([BIN / "pixlake", *arguments, "--json"], capture_output=True)
    assert run.returncode == status, run.stderr
    return json.loads(run.stdout)


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """One image of more pixels than were allowed, one that is cut, one file that is empty."""
    folder = tmp_path / "images"
    folder.mkdir()
    Image.new("RGB", (200, 100), (9, 8, 7)).save(folder / "large.png")
    whole = tmp_path / "whole.jpg"
    Image.effect_noise((64, 64), 50).save(whole)
    (folder / "cut.jpg").write_bytes(whole.read_bytes()[:-100])
    (folder / "empty.gif").touch()
    Image.new("RGB", (20, 10)).save(folder / "good.png")
    report = Run("ingest", folder, "--lake", tmp_path / "lake", "--max-pixels", "10000", status=3)
    assert (report["images"], report["quarantined"]) == (1, 3)
    return tmp_path / "lake"


def Column(lake: Path, table: str, column: str) -> list:
    return deltalake.DeltaTable(str(lake / "raw" / table)).to_pyarrow_table(columns=[column])[column].to_pylist()


def test_list_says_what_and_why(lake: Path) -> None:
    rows = Run("quarantine", "list", "--lake", lake)["rows"]
    assert {row["filename"]: row["verdict"] for row in rows} == {
        "large.png": "bomb",
        "cut.jpg": "truncated_at",
        "empty.gif": "empty",
    }
    assert [row["filename"] for row in Run("quarantine", "list", "--lake", lake, "--verdict", "bomb")["rows"]] == [
        "large.png"
    ]
    Run("quarantine", "list", "--lake", lake, "--verdict", "nonsense", status=2)
    shown = Run("quarantine", "show", rows[0]["id"][:12], "--lake", lake)["rows"]
    assert [row["id"] for row in shown] == [rows[0]["id"]]


def test_replay_releases_what_is_sound_by_other_rules(lake: Path) -> None:
    assert Run("quarantine", "replay", "--lake", lake, "--max-pixels", "10000")["released"] == 0
    report = Run("quarantine", "replay", "--lake", lake)
    assert (report["released"], report["left"]) == (1, 2)
    assert sorted(Column(lake, "images", "filename")) == ["good.png", "large.png"]
    assert sorted(Column(lake, "quarantine", "filename")) == ["cut.jpg", "empty.gif"]
    # The place is known to lead to the image, and nothing is new in the folder.
    assert Run("ingest", lake.parent / "images", "--lake", lake)["unchanged"] == 4
    again = Run("quarantine", "replay", "--lake", lake)
    assert (again["released"], again["left"]) == (0, 2)


def test_replay_with_full_decoding_keeps_out_what_only_looks_whole(lake: Path) -> None:
    report = Run("quarantine", "replay", "--lake", lake, "--check", "full", "--sandbox")
    assert (report["released"], report["left"]) == (1, 2)
