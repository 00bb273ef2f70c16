"""The anonymous memory of a program and its children, while it runs."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path


def _Read(path: Path) -> str:
    """A file of /proc, empty when its process or thread has ended."""
    try:
        return path.read_text()
    except OSError:
        return ""


def _Threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _Descendants(pid: int) -> list[int]:
    found = [pid]
    for process in found:
        for thread in _Threads(process):
            found += map(int, _Read(thread / "children").split())
    return found


def PeakAnonymous(program, *arguments, output=subprocess.PIPE) -> tuple[int, int, str, str]:
    """Exit status, the peak of the process tree's anonymous memory in bytes, what it printed on both outputs."""
    process = program.Start(*arguments, output=output)
    peak = samples = 0
    while process.poll() is None:
        total = 0
        for pid in _Descendants(process.pid):
            found = re.search(r"^RssAnon:\s+(\d+) kB", _Read(Path(f"/proc/{pid}/status")), re.MULTILINE)
            total += int(found[1]) * 1024 if found else 0
        peak, samples = max(peak, total), samples + 1
        time.sleep(0.002)
    printed, error = process.communicate()
    assert samples > 5, error
    return process.returncode, peak, printed or "", error
