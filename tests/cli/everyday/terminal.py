"""What the tests of everyday work share: a pseudo-terminal, a folder of photographs, a lake of them."""

from __future__ import annotations

import dataclasses
import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unicodedata
from pathlib import Path

from PIL import Image

ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclasses.dataclass
class Seen:
    """What stood on a terminal when the program had ended."""

    status: int
    raw: str

    @property
    def text(self) -> str:
        """Without colours; of a line that was drawn over, the last."""
        lines = ESCAPES.sub("", self.raw).replace("\r\n", "\n").split("\n")
        return "\n".join(line.rsplit("\r", 1)[-1] for line in lines)

    def Width(self) -> int:
        return max(Columns(line) for line in self.text.split("\n"))


def Columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line if not unicodedata.combining(c))


def OnTerminal(binary, *arguments, columns=80, lines=24, cwd=None, env=None, status=0, typed=None) -> Seen:
    """Runs the program with a terminal of its own on all three descriptors."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", **(env or {})}
    for name in ("NO_COLOR", "COLORTERM", "PIXLAKE_LAKE"):
        if name not in (env or {}):
            environment.pop(name, None)
    process = subprocess.Popen(
        [str(binary), *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, env=environment
    )
    os.close(theirs)
    if typed:
        os.write(ours, typed)
    read = b""
    while True:
        try:
            got = os.read(ours, 65536)
        except OSError:  # Linux: the other side is closed
            break
        if not got:
            break
        read += got
    os.close(ours)
    seen = Seen(process.wait(timeout=60), read.decode(errors="replace"))
    assert status is None or seen.status == status, f"{arguments}: {seen.status}\n{seen.text}"
    return seen


def MakePhotos(folder: Path) -> Path:
    """Eight sound photographs in two folders and a damaged one."""
    for number in range(8):
        path = folder / ("cats" if number % 2 else "dogs") / f"photo{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.linear_gradient("L").resize((60 + 10 * number, 80)).convert("RGB").save(path)
    whole = (folder / "cats/photo1.jpg").read_bytes()
    (folder / "cats/cut.jpg").write_bytes(whole[:300])
    # A file as new as its ingest is looked at again: it may have changed since.
    for path in folder.rglob("*.jpg"):
        os.utime(path, (1700000000, 1700000000))
    return folder
