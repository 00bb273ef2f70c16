"""tools/check_modules.py finds each kind of wrong dependency in a small tree."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "check_modules.py"

MODULES = """\
[base]
level = 0
what = "ground"
uses = []

[io]
level = 1
what = "stores"
uses = []

[file]
level = 2
what = "files"
uses = ["io"]

[engine]
level = 7
what = "all of it"
uses = ["*"]

[apps]
uses = ["engine"]
"""


def RunCheck(root, *arguments):
    return subprocess.run(
        [sys.executable, SCRIPT, "--root", root, *arguments], capture_output=True, text=True, timeout=60
    )


@pytest.fixture
def tree(tmp_path):
    """A tree without findings."""
    (tmp_path / "modules.toml").write_text(MODULES)
    for name in ("base", "io", "file", "engine"):
        folder = tmp_path / "src" / name
        folder.mkdir(parents=True)
        (folder / "README.md").write_text(f"# {name}\n")
    (tmp_path / "src/base/id.h").write_text("#pragma once\n")
    (tmp_path / "src/io/store.h").write_text('#include "base/id.h"\n')
    (tmp_path / "src/io/store_internal.h").write_text("#pragma once\n")
    (tmp_path / "src/io/store.cc").write_text('#include "io/store.h"\n#include "io/store_internal.h"\n')
    (tmp_path / "src/file/writer.h").write_text('#include <vector>\n#include "io/store.h"\n')
    (tmp_path / "src/engine/engine.h").write_text('#include "file/writer.h"\n#include "io/store.h"\n')
    (tmp_path / "apps/cli").mkdir(parents=True)
    (tmp_path / "apps/cli/options.h").write_text("#pragma once\n")
    (tmp_path / "apps/cli/main.cc").write_text(
        '#include "cli/options.h"\n#include "options.h"\n#include "engine/engine.h"\n#include "base/id.h"\n'
    )
    assert RunCheck(tmp_path, "--write").returncode == 0
    return tmp_path


def Append(path, text):
    path.write_text(path.read_text() + text)


def Findings(root):
    result = RunCheck(root)
    assert result.returncode in (0, 1), result.stderr
    return result.stderr


def test_accepts_a_tree_as_declared(tree):
    result = RunCheck(tree)
    assert (result.returncode, result.stderr) == (0, "")
    assert "4 modules" in result.stdout


def test_the_repository_itself_is_as_declared():
    result = RunCheck(ROOT)
    assert result.returncode == 0, result.stderr


def test_rejects_an_undeclared_include(tree):
    Append(tree / "src/io/store.cc", '#include "file/writer.h"\n')
    assert 'src/io/store.cc:3: io includes "file/writer.h"' in Findings(tree)


def test_rejects_a_cycle_of_includes(tree):
    Append(tree / "src/io/store.cc", '#include "file/writer.h"\n')
    assert "the includes: a cycle: file -> io -> file" in Findings(tree)


def test_rejects_a_declared_cycle_and_a_level_inversion(tree):
    text = (tree / "modules.toml").read_text()
    (tree / "modules.toml").write_text(text.replace('what = "stores"\nuses = []', 'what = "stores"\nuses = ["file"]'))
    findings = Findings(tree)
    assert "[io] of level 1 uses file of level 2" in findings
    assert "modules.toml: a cycle: file -> io -> file" in findings


def test_rejects_a_foreign_internal_header(tree):
    Append(tree / "src/file/writer.h", '#include "io/store_internal.h"\n')
    assert '"io/store_internal.h" is internal to io' in Findings(tree)


def test_rejects_a_header_that_is_reserved_for_others(tree):
    Append(tree / "modules.toml", '\n[reserved]\n"io/st" = ["engine"]\n')
    assert 'src/file/writer.h:2: "io/store.h" is for engine alone' in Findings(tree)
    assert "src/engine" not in Findings(tree) and "src/io" not in Findings(tree)


def test_rejects_a_reservation_for_nobody(tree):
    Append(tree / "modules.toml", '\n[reserved]\n"io/xml" = ["elsewhere"]\n')
    assert '[reserved] "io/xml" is for elsewhere, which is not declared' in Findings(tree)


def test_rejects_a_relative_include(tree):
    Append(tree / "src/file/writer.h", '#include "../io/store.h"\n')
    assert "by its path from src/" in Findings(tree)


def test_rejects_an_application_that_reaches_past_the_engine(tree):
    Append(tree / "apps/cli/main.cc", '#include "io/store.h"\n')
    assert 'apps/cli/main.cc:5: an application includes "io/store.h"' in Findings(tree)


def test_rejects_an_undeclared_dependency_in_cmake(tree):
    (tree / "src/io/CMakeLists.txt").write_text("pixlake_module(io\n  SOURCES store.cc\n  DEPS file)\n")
    assert "src/io/CMakeLists.txt: io may not depend on file" in Findings(tree)


def test_rejects_a_module_without_a_readme(tree):
    (tree / "src/io/README.md").unlink()
    assert "src/io: README.md is missing" in Findings(tree)


def test_rejects_a_readme_of_more_than_forty_lines(tree):
    (tree / "src/io/README.md").write_text("line\n" * 41)
    assert "src/io/README.md: 41 lines, at most 40" in Findings(tree)


def test_rejects_folders_and_declarations_without_each_other(tree):
    (tree / "src/extra").mkdir()
    Append(tree / "modules.toml", '\n[ghost]\nlevel = 3\nwhat = "none"\nuses = []\n')
    findings = Findings(tree)
    assert "src/extra: not declared" in findings
    assert "[ghost] has no folder" in findings


def test_rejects_a_picture_that_no_longer_matches_and_writes_it_anew(tree):
    Append(tree / "ARCHITECTURE.md", "\nProse stays.\n")
    text = (tree / "modules.toml").read_text()
    (tree / "modules.toml").write_text(text.replace('what = "files"', 'what = "files and more"'))
    assert "the picture does not match" in Findings(tree)
    assert RunCheck(tree, "--write").returncode == 0
    architecture = (tree / "ARCHITECTURE.md").read_text()
    assert "files and more" in architecture and architecture.endswith("Prose stays.\n")


def test_lets_only_tests_use_what_is_for_tests(tree):
    Append(tree / "modules.toml", '\n[testing]\nlevel = 2\nwhat = "matchers"\nuses = ["io"]\ntests_only = true\n')
    (tree / "src/testing").mkdir()
    (tree / "src/testing/README.md").write_text("# testing\n")
    (tree / "src/testing/matchers.h").write_text('#include "io/store.h"\n')
    (tree / "src/io/store_test.cc").write_text('#include "testing/matchers.h"\n')
    (tree / "src/io/testing_internal.h").write_text('#include "testing/matchers.h"\n')
    assert RunCheck(tree, "--write").returncode == 0
    Append(tree / "src/engine/engine.h", '#include "testing/matchers.h"\n')
    (tree / "src/engine/CMakeLists.txt").write_text("pixlake_module(engine\n  SOURCES engine.cc\n  DEPS io testing)\n")
    findings = Findings(tree)
    assert 'src/engine/engine.h:3: engine includes "testing/matchers.h"' in findings
    assert "src/engine/CMakeLists.txt: engine may not depend on testing" in findings


def test_a_cycle_between_folders_of_a_module(tree):
    for room, other in (("read", "write"), ("write", "read")):
        (tree / "src/file" / room).mkdir()
        (tree / f"src/file/{room}/{room}.h").write_text(f'#include "file/{other}/{other}.h"\n')
    assert "src/file: a cycle between folders: file/read -> file/write -> file/read" in Findings(tree)


def test_a_module_and_its_rooms_include_each_other(tree):
    (tree / "src/file/read").mkdir()
    (tree / "src/file/read/read.h").write_text('#include "file/writer.h"\n')
    Append(tree / "src/file/writer.h", '#include "file/read/read.h"\n')
    assert not Findings(tree)


def test_a_folder_with_too_many_sources(tree):
    for number in range(31):
        (tree / f"src/io/part{number}.h").write_text("#pragma once\n")
    assert "src/io: 34 sources in one folder, at most 30; make rooms" in Findings(tree)


def test_threads_begin_where_modules_toml_says(tree):
    Append(tree / "modules.toml", '\n[threads]\nstarted_in = ["src/base/work/"]\n')
    (tree / "src/base/work").mkdir()
    (tree / "src/base/work/io_threads.cc").write_text("std::thread thread;\n")
    (tree / "src/io/store_test.cc").write_text("std::thread thread;\n")
    Append(tree / "src/io/store.h", "// no std::thread here\nint cores = std::thread::hardware_concurrency();\n")
    assert not Findings(tree)
    for text in ("std::jthread t;", "auto f = std::async(Work);", "pthread_create(0);", "oneapi::tbb::task_arena a;"):
        (tree / "src/file/reader.cc").write_text(text + "\n")
        assert "src/file/reader.cc:1: " in Findings(tree), text
    (tree / "src/file/reader.cc").unlink()
    (tree / "src/base/work/io_threads.cc").unlink()
    assert '[threads] "src/base/work/" starts no threads' in Findings(tree)
