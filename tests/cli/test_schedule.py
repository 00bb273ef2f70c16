"""`pixlake schedule`: what the settings say is done when they say it."""

import json
import signal
import subprocess
import time

import pytest
from conftest import BIN
from ingest_lake import Rows
from test_run import Picture
from test_run_settings import Lake


def Settings(pixlake, tmp_path, *schedules):
    Picture(tmp_path / "in" / "a.png", 1)
    return Lake(pixlake, tmp_path, {"schedules": list(schedules)})


def test_what_is_due_is_done_once(pixlake, tmp_path):
    file = Settings(
        pixlake,
        tmp_path,
        {"name": "often", "every": "1h"},
        {"name": "tidy", "command": "maintain", "every": "1d", "steps": ["raw.images"]},
        {"name": "night", "at": "03:30"},
    )
    due = {one["name"]: one for one in pixlake("schedule", "--config", file, "--list", "--json").json["schedules"]}
    assert due["often"]["last"] is None
    assert due["night"]["due"].endswith("T03:30:00.000Z")
    first = pixlake("schedule", "--config", file, "--once").stderr
    assert f"often: pixlake run --config {file}" in first
    assert f"tidy: pixlake maintain --config {file} raw.images" in first
    assert "night" not in first
    assert len(Rows(tmp_path / "lake", "curated.ml_ready")) == 1
    assert pixlake("schedule", "--config", file, "--once").stderr == ""
    after = {one["name"]: one for one in pixlake("schedule", "--config", file, "--list", "--json").json["schedules"]}
    assert after["often"]["last"] > due["often"]["due"]


def test_what_fails_is_told_and_the_rest_goes_on(pixlake, tmp_path):
    file = Settings(
        pixlake,
        tmp_path,
        {"name": "bad", "every": "1h", "steps": ["none"]},
        {"name": "good", "every": "1h"},
    )
    said = pixlake("schedule", "--config", file, "--once").stderr
    assert "bad: it ended with exit status 2" in said
    assert len(Rows(tmp_path / "lake", "raw.images")) == 1


def test_it_goes_on_until_it_is_stopped(pixlake, tmp_path):
    file = Settings(pixlake, tmp_path, {"name": "often", "every": "1s", "steps": ["ingest"]})
    running = subprocess.Popen([BIN / "pixlake", "schedule", "--config", file], stderr=subprocess.PIPE, text=True)
    try:
        for line in running.stderr:
            if "often: pixlake run" in line:
                break
        Picture(tmp_path / "in" / "b.png", 2)
        deadline = time.monotonic() + 60
        while len(Rows(tmp_path / "lake", "raw.images")) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130


@pytest.mark.parametrize("settings", [{}, {"schedules": []}])
def test_no_schedules_are_told(pixlake, tmp_path, settings):
    assert "no `schedules`" in pixlake("schedule", "--config", Lake(pixlake, tmp_path, settings), status=2).stderr


def test_a_time_of_day_that_was_missed_is_made_up_for(pixlake, tmp_path):
    now = time.time()
    if time.gmtime(now).tm_sec > 50:
        time.sleep(11)
        now = time.time()
    at = time.strftime("%H:%M", time.gmtime(now))
    file = Settings(pixlake, tmp_path, {"name": "one", "at": at}, {"name": "two", "at": at})
    # It was not looked at before then: nothing was missed.
    assert pixlake("schedule", "--config", file, "--once").stderr == ""
    state = tmp_path / "lake" / "_pixlake" / "maintenance.json"
    kept = json.loads(state.read_text())
    for name in ("one", "two"):
        kept["done"][f"schedule:{name} known"] -= 600_000
    state.write_text(json.dumps(kept))
    said = pixlake("schedule", "--config", file, "--once").stderr
    assert "one: pixlake run" in said
    assert "two: pixlake run" in said
    assert pixlake("schedule", "--config", file, "--once").stderr == ""
