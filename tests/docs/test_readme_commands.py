"""Every command in README.md and docs/ runs as it stands there.

Blocks fenced as ```sh are run, those of a page one after the other in one folder
that looks like the checkout. `<!-- not run: reason -->` on the line before leaves
one out; such blocks are counted and their reasons printed.
"""

import os
import re
import subprocess
from dataclasses import dataclass

import pytest
from conftest import BIN, ROOT

BLOCK = re.compile(r"^```(?:sh|bash|shell|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->\s*\Z")
PAGES = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if path.exists()]


@dataclass
class Block:
    line: int
    script: str
    reason: str | None  # why it is not run


def BlocksOf(text):
    found = []
    for match in BLOCK.finditer(text):
        reason = NOT_RUN.search(text[: match.start()])
        found.append(Block(text.count("\n", 0, match.start()) + 1, match[1], reason and reason[1]))
    return found


def test_blocks_and_reasons_are_found():
    text = "# T\n```sh\na\n```\n<!-- not run: needs a key -->\n```sh\nb\n```\n```text\nc\n```\n"
    assert [(block.script, block.reason) for block in BlocksOf(text)] == [("a\n", None), ("b\n", "needs a key")]


def test_the_readme_is_there():
    assert (ROOT / "README.md").exists()
    assert BlocksOf((ROOT / "README.md").read_text()), "README.md shows no command"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_commands_of(page, tmp_path, mnist_large):
    blocks = BlocksOf(page.read_text())
    for block in blocks:
        if block.reason:
            print(f"{page.name}:{block.line}: not run: {block.reason}")
    run = [block for block in blocks if not block.reason]
    if not run:
        return

    # The checkout's files, but nothing that a command writes lands in it.
    checkout = tmp_path / "checkout" / "pixlake"
    checkout.mkdir(parents=True)
    for entry in ROOT.iterdir():
        if entry.name not in ("out", "dist", ".git"):
            (checkout / entry.name).symlink_to(entry)
    shared = ROOT.parent / "shared"
    if shared.exists():
        (checkout.parent / "shared").symlink_to(shared)

    script = "set -euo pipefail\n"
    for block in run:
        script += f"echo '+ {page.name}:{block.line}' >&2\n{block.script}\n"
    environment = {
        **os.environ,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PIXLAKE_MNIST": str(mnist_large.folder),
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        ["bash", "-c", script], cwd=checkout, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{page.name}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
