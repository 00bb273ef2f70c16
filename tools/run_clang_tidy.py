#!/usr/bin/env python3
"""Runs clang-tidy over the sources that changed since they were last clean.

    tools/run_clang_tidy.py [--build build/release] [--minutes 20] [--jobs 2] [FILE...]

A file that was clean, whose text, project headers and .clang-tidy are the same
as then, is not looked at again (hashes in the cache folder). When the minutes
are over, what was not looked at is counted aloud; that is not a failure.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "pixlake" / "tidy"


def ProjectFiles(source: Path, found: set[Path]) -> set[Path]:
    """The source and every header of the project it includes, however indirectly."""
    if source in found or not source.exists():
        return found
    found.add(source)
    for name in INCLUDE.findall(source.read_bytes()):
        for folder in (source.parent, ROOT / "src", ROOT / "apps"):
            ProjectFiles((folder / name.decode()).resolve(), found)
    return found


def KeyOf(source: Path) -> str:
    digest = hashlib.sha256((ROOT / ".clang-tidy").read_bytes())
    for path in sorted(ProjectFiles(source, set())):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def CommandForClang(entry: dict) -> dict:
    """The compiler's command without what only g++ understands."""
    words = shlex.split(entry["command"])
    kept, skip = [], False
    for position, word in enumerate(words):
        if skip:
            skip = False
        elif word == "-include" and "cmake_pch" in words[position + 1]:
            skip = True  # g++'s precompiled header
        elif word != "-Winvalid-pch" and not word.startswith("-Wno-") and "ccache" not in word:
            kept.append(word)
    while kept and not kept[0].endswith(("++", "cc", "gcc", "clang")):
        kept.pop(0)  # `cmake -E env NAME=VALUE`
    kept += ["-include", str(ROOT / "cmake/pch.h"), "-Wno-everything"]
    return {"directory": entry["directory"], "file": entry["file"], "command": shlex.join(kept)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build/release")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()

    entries = json.loads((arguments.build / "compile_commands.json").read_text())
    wanted = {path.resolve() for path in arguments.files}
    sources: dict[Path, dict] = {}
    for entry in entries:
        path = Path(entry["file"]).resolve()
        ours = any(path.is_relative_to(ROOT / folder) for folder in ("src", "apps"))
        if ours and path.suffix == ".cc" and (not wanted or path in wanted):
            sources[path] = CommandForClang(entry)

    CACHE.mkdir(parents=True, exist_ok=True)
    pending = {path: key for path in sources if not (CACHE / (key := KeyOf(path))).exists()}
    print(f"tidy: {len(sources)} sources, {len(sources) - len(pending)} clean since the last run", flush=True)

    deadline = time.monotonic() + arguments.minutes * 60
    unclean, unseen = [], 0
    with tempfile.TemporaryDirectory() as database:
        (Path(database) / "compile_commands.json").write_text(json.dumps(list(sources.values())))

        def Look(path: Path) -> tuple[Path, subprocess.CompletedProcess | None]:
            if time.monotonic() > deadline:
                return path, None
            command = ["clang-tidy-14", "-p", database, "--quiet", str(path)]
            return path, subprocess.run(command, capture_output=True, text=True)

        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
            for path, result in pool.map(Look, pending):
                name = path.relative_to(ROOT)
                if result is None:
                    unseen += 1
                elif result.returncode == 0:
                    (CACHE / pending[path]).touch()
                    print(f"tidy: {name}: clean", flush=True)
                else:
                    unclean.append(str(name))
                    print(f"tidy: {name}:\n{result.stdout}{result.stderr}", flush=True)
    if unseen:
        print(f"tidy: {unseen} sources were not looked at: {arguments.minutes:g} minutes are over")
    if unclean:
        print(f"tidy: {len(unclean)} sources with findings: {' '.join(unclean)}")
    return 1 if unclean else 0


if __name__ == "__main__":
    sys.exit(main())
