"""tools/run_tests.py runs what failed once more, and only that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "run_tests.py"

# Fails the first time, passes from the second time on; counts how often it ran.
PYTEST = """
from pathlib import Path
def Count(name):
    path = Path(__file__).parent / name
    path.write_text(path.read_text() + "x" if path.exists() else "x")
    return len(path.read_text())
def test_chance(): assert Count("chance") > {passes_after}
def test_sound(): Count("sound")
"""


def Run(kind, command, folder):
    environment = {**os.environ, "PIXLAKE_FLAKY": str(folder / "flaky.txt")}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        [sys.executable, SCRIPT, kind, "--", *map(str, command)],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=folder,
        env=environment,
    )
    flaky = folder / "flaky.txt"
    return done, flaky.read_text().splitlines() if flaky.exists() else []


def RunPytest(tmp_path, passes_after):
    test = tmp_path / "test_it.py"
    test.write_text(PYTEST.format(passes_after=passes_after))
    return Run("pytest", [sys.executable, "-m", "pytest", "-p", "no:timeout", test], tmp_path)


def test_what_passes_the_second_time_is_named(tmp_path):
    done, flaky = RunPytest(tmp_path, passes_after=1)
    assert done.returncode == 0, done.stdout
    assert flaky == ["test_it.py::test_chance"]
    assert "FLAKY test_it.py::test_chance" in done.stdout
    assert (tmp_path / "chance").read_text() == "xx"
    assert (tmp_path / "sound").read_text() == "x"


@pytest.mark.parametrize("passes_after", [0, 9])
def test_what_passes_or_fails_twice_is_no_chance(tmp_path, passes_after):
    done, flaky = RunPytest(tmp_path, passes_after)
    assert done.returncode == (1 if passes_after else 0)
    assert flaky == []


# A program that answers as GoogleTest's do: JSON results, GTEST_FILTER.
PROGRAM = """#!/usr/bin/env python3
import json, os, sys
from pathlib import Path
here = Path(__file__).parent
seen = here / "seen"
seen.write_text((seen.read_text() if seen.exists() else "") + os.environ.get("GTEST_FILTER", "*") + chr(10))
first = len(seen.read_text().splitlines()) == 1
if MODE == "dies" and first: os.abort()
failed = first or MODE == "broken"
case = {"name": "Chance", "classname": "It", **({"failures": [{}]} if failed else {})}
out = Path(os.environ.get("GTEST_OUTPUT", str(here)).removeprefix("json:")) / "it_test.json"
out.write_text(json.dumps({"testsuites": [{"testsuite": [case, {"name": "Sound", "classname": "It"}]}]}))
sys.exit(1 if failed else 0)
"""


@pytest.mark.parametrize(
    ("mode", "status", "flaky", "filters"),
    [
        ("chance", 0, ["it_test It.Chance"], ["*", "It.Chance"]),
        ("dies", 0, ["it_test (the whole program)"], ["*", "*"]),
        ("broken", 8, [], ["*", "It.Chance"]),
    ],
)
def test_programs_run_their_failed_cases_again(tmp_path, mode, status, flaky, filters):
    program = tmp_path / "it_test"
    program.write_text(PROGRAM.replace("MODE", repr(mode)))
    program.chmod(0o755)
    (tmp_path / "CTestTestfile.cmake").write_text(f'add_test(it_test "{program}")\n')
    done, named = Run("ctest", ["ctest", "--test-dir", tmp_path], tmp_path)
    assert (done.returncode, named) == (status, flaky), done.stdout
    assert (tmp_path / "seen").read_text().splitlines() == filters
