"""docs/extending.md shows the code of tests that run, not a copy that grew old.

python tests/docs/test_extending.py    write the blocks anew
"""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "extending.md"
BLOCK = re.compile(r"<!-- (\S+): (\S+) -->\n```cpp\n(.*?)```\n", re.DOTALL)


def Region(path, name):
    """What stands between `// extending:NAME` and `// extending:end`, without its indentation."""
    found = re.search(rf"// extending:{name}\n(.*?)\n *// extending:end\n", (ROOT / path).read_text(), re.DOTALL)
    assert found, f"{path} has no region {name}"
    return textwrap.dedent(found[1]) + "\n"


def test_every_block_is_code_that_runs():
    blocks = BLOCK.findall(PAGE.read_text())
    assert len(blocks) == PAGE.read_text().count("```cpp") >= 8
    for path, name, code in blocks:
        assert code == Region(path, name), f"{path}: {name}; run python tests/docs/test_extending.py"


def test_the_sources_are_compiled():
    for path in {path for path, _, _ in BLOCK.findall(PAGE.read_text())}:
        module = (ROOT / path).relative_to(ROOT / "src").parts[0]
        listed = (ROOT / "src" / module / "CMakeLists.txt").read_text()
        assert str((ROOT / path).relative_to(ROOT / "src" / module)) in listed


if __name__ == "__main__":
    PAGE.write_text(
        BLOCK.sub(lambda m: f"<!-- {m[1]}: {m[2]} -->\n```cpp\n{Region(m[1], m[2])}```\n", PAGE.read_text())
    )
