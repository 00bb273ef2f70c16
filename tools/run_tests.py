#!/usr/bin/env python3
"""Runs tests; one that fails is run once more, and named FLAKY if it passes then.

    tools/run_tests.py ctest -- ctest --test-dir build/release …
    tools/run_tests.py pytest -- python -m pytest tests …

The exit status is the last run's. A test that passed only the second time is
printed as "FLAKY name" and kept in build/flaky.txt, which `.ci/run` prints: its
cause is the next thing to be mended. With more than MOST_AGAIN failures nothing
is run again: that is no chance.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLAKY = Path(os.environ.get("PIXLAKE_FLAKY", ROOT / "build" / "flaky.txt"))
MOST_AGAIN = 10


def Report(flaky: list[str]) -> None:
    FLAKY.parent.mkdir(parents=True, exist_ok=True)
    with FLAKY.open("a") as out:
        for name in flaky:
            out.write(name + "\n")
    for name in flaky:
        print(f"FLAKY {name}: failed, and passed when it was run again", flush=True)


# --- programs of GoogleTest, run by ctest ------------------------------------------


def FailedCases(result: Path) -> list[str]:
    """The failed cases of one program that came to its end; none where it died before."""
    try:
        suites = json.loads(result.read_text())["testsuites"]
    except (OSError, ValueError, KeyError):
        return []
    cases = [case for suite in suites for case in suite["testsuite"]]
    return [f"{case['classname']}.{case['name']}" for case in cases if case.get("failures")]


def FailedPrograms(results: Path, test_dir: Path) -> list[str]:
    """Names of the programs that ctest's own list of failures holds."""
    log = test_dir / "Testing" / "Temporary" / "LastTestsFailed.log"
    return [line.split(":", 1)[1] for line in log.read_text().split() if ":" in line] if log.exists() else []


def RunCtest(command: list[str]) -> int:
    test_dir = Path(command[command.index("--test-dir") + 1])
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder)
        # A trailing slash makes it a folder, one file a program (GoogleTest's advanced guide).
        environment = {**os.environ, "GTEST_OUTPUT": f"json:{results}/"}
        (test_dir / "Testing" / "Temporary" / "LastTestsFailed.log").unlink(missing_ok=True)
        status = subprocess.run(command, env=environment).returncode
        programs = FailedPrograms(results, test_dir)
        if status == 0 or not programs:
            return status
        failed = {name: FailedCases(results / f"{name}.json") for name in programs}
    names = [f"{name} {case}" for name, cases in failed.items() for case in cases or ["(the whole program)"]]
    if len(names) > MOST_AGAIN:
        print(f"{len(names)} tests failed: too many for chance, none is run again", flush=True)
        return status
    flaky = []
    for name, cases in failed.items():
        print(f"\n== again: {name} {' '.join(cases)}", flush=True)
        environment = {**os.environ, **({"GTEST_FILTER": ":".join(cases)} if cases else {})}
        rerun = [word for word in command if not word.startswith("-R")]
        again = subprocess.run([*rerun, "-R", f"^{name}$"], env=environment).returncode
        if again != 0:
            return again
        flaky += [f"{name} {case}" for case in cases or ["(the whole program)"]]
    Report(flaky)
    return 0


# --- pytest --------------------------------------------------------------------------


def RunPytest(command: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        cached = ["-o", f"cache_dir={folder}"]
        last_failed = Path(folder) / "v" / "cache" / "lastfailed"
        status = subprocess.run([*command, *cached]).returncode
        if status != 1 or not last_failed.exists():
            return status  # 1: tests failed; what else there is, no second run can mend
        failed = sorted(json.loads(last_failed.read_text()))
        if len(failed) > MOST_AGAIN:
            print(f"{len(failed)} tests failed: too many for chance, none is run again", flush=True)
            return status
        print(f"\n== again: {' '.join(failed)}", flush=True)
        again = subprocess.run([*command, *cached, "--last-failed", "--last-failed-no-failures=none"]).returncode
        if again == 0:
            Report(failed)
        return again


def main() -> int:
    kinds = {"ctest": RunCtest, "pytest": RunPytest}
    if len(sys.argv) < 4 or sys.argv[1] not in kinds or sys.argv[2] != "--":
        print(__doc__, file=sys.stderr)
        return 2
    return kinds[sys.argv[1]](sys.argv[3:])


if __name__ == "__main__":
    sys.exit(main())
