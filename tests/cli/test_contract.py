"""The command line's contract: exit statuses, --json, help, speed of starting."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import ROOT, TABLE, TREE

COMMANDS = ["mnist-to-delta", "sql", "cat", "table", "version", "completion"]


def test_version_names_the_version_of_the_project(pixlake):
    version = re.search(r"^project\(pixlake VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
    assert version in pixlake("version").stdout
    assert version in json.dumps(pixlake("version", "--json").json)


def test_version_says_what_it_was_built_on(pixlake):
    text = json.dumps(pixlake("version", "--json").json).lower()
    for dependency in ("arrow", "duckdb"):
        assert dependency in text


def test_version_starts_within_60_ms(pixlake):
    # The best of many: the machine may be doing other things. On one that is slow altogether,
    # six times what it takes to start a bare Python (ours takes three to four).
    def Seconds(command):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - begin

    bare = [sys.executable, "-I", "-S", "-c", "pass"]
    pairs = [(Seconds([pixlake.binary, "version"]), Seconds(bare)) for _ in range(20)]
    ours, python = (min(times) for times in zip(*pairs))
    assert ours < max(0.060, 6 * python), f"best of {len(pairs)}: {ours * 1000:.0f} ms, Python {python * 1000:.0f} ms"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(pixlake, command):
    outcome = pixlake(command, "--help")
    assert command in outcome.stdout
    assert outcome.stderr == ""


def test_help_lists_every_command(pixlake):
    text = pixlake("--help").stdout
    for command in COMMANDS:
        assert re.search(rf"^\s+{command}\b", text, re.MULTILINE), command


@pytest.mark.parametrize(
    "arguments",
    [
        ["no-such-command"],
        ["--no-such-option"],
        ["sql"],
        ["cat"],
        ["table", "no-such-verb"],
        ["sql", "SELECT 1", "--format", "no-such-format"],
        ["sql", "SELECT no_such_column"],
        ["sql", "SELEC 1"],
        ["mnist-to-delta", "--threads", "many"],
        ["mnist-to-delta", "--memory", "lots"],
        ["completion", "no-such-shell"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(pixlake, arguments):
    outcome = pixlake(*arguments, status=2)
    assert outcome.stdout == ""
    assert outcome.stderr.strip()


def test_wrong_usage_of_the_second_name_is_status_2(mnist_to_delta):
    assert mnist_to_delta("--no-such-option", status=2).stderr.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ["table", "describe", "{tmp}/nothing"],
        ["cat", "{tmp}/nothing", "--row", "0"],
        ["sql", "SELECT * FROM delta_scan('{tmp}/nothing')"],
        ["mnist-to-delta", "--source", "{tmp}/nothing", "--out", "{tmp}/out"],
    ],
    ids=" ".join,
)
def test_work_that_cannot_be_done_is_status_1(pixlake, arguments, tmp_path):
    outcome = pixlake(*[argument.format(tmp=tmp_path) for argument in arguments], status=1)
    assert outcome.stdout == ""
    assert outcome.stderr.strip()
    if "nothing" in " ".join(arguments):
        assert "nothing" in outcome.stderr, "the message names what it was about"


@pytest.mark.parametrize("verb", ["describe", "history", "check"])
def test_table_verbs_print_one_json_object(pixlake, small_output, verb):
    assert pixlake("table", verb, small_output / TABLE, "--json").json


def test_table_list_finds_the_table(pixlake, small_output):
    assert "mnist_images_delta" in json.dumps(pixlake("table", "list", small_output / "artifacts", "--json").json)


def test_mnist_to_delta_prints_one_json_object(mnist_to_delta, mnist_small, tmp_path):
    result = mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, "--json").json
    assert str(len(mnist_small.labels)) in json.dumps(result)


def test_a_failure_with_json_is_one_object_too(pixlake, tmp_path):
    outcome = pixlake("table", "describe", tmp_path / "nothing", "--json", status=1)
    assert outcome.json
    assert "nothing" in outcome.stdout


def test_sql_prints_each_format(pixlake):
    query = "SELECT 1 AS a, 'x,y' AS b"
    assert pixlake("sql", query, "--format", "csv").stdout.splitlines() == ["a,b", '1,"x,y"']
    text = pixlake("sql", query, "--format", "json").stdout
    assert '"a"' in text
    json.loads(text)
    assert "x,y" in pixlake("sql", query, "--format", "table").stdout


def test_schema_of_the_table_is_printed(mnist_to_delta, mnist_small, tmp_path):
    text = mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path).stdout
    assert re.search(r"image_binary.*binary", text)
    assert re.search(r"label.*string", text)


def test_cat_prints_exactly_the_bytes_of_a_row(pixlake, small_output):
    rows = {pixlake("cat", small_output / TABLE, "--row", row).raw for row in (0, 1, 699)}
    files = {path.read_bytes() for path in (small_output / TREE).glob("*/*.png")}
    assert rows <= files
    assert "700" in pixlake("cat", small_output / TABLE, "--row", 700, status=1).stderr


def test_show_writes_a_contact_sheet(mnist_to_delta, mnist_small, tmp_path):
    from PIL import Image

    mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, "--show", 20)
    sheets = [path for path in tmp_path.rglob("*.png") if TREE not in path.as_posix()]
    assert len(sheets) == 1
    with Image.open(sheets[0]) as sheet:
        assert sheet.width * sheet.height >= 20 * 28 * 28
        assert len(set(sheet.convert("L").tobytes())) > 2


def test_no_tree_leaves_the_tree_out(mnist_to_delta, mnist_small, tmp_path):
    mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, "--no-tree")
    assert not (tmp_path / TREE).exists()
    assert (tmp_path / TABLE / "_delta_log").is_dir()


def test_both_names_do_the_same(pixlake, mnist_small, tmp_path):
    pixlake("mnist-to-delta", "--source", mnist_small.folder, "--out", tmp_path)
    assert len(list((tmp_path / TREE).glob("*/*.png"))) == 700


def test_nothing_but_text_goes_into_a_pipe(mnist_to_delta, mnist_small, tmp_path):
    outcome = mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path)
    assert "\r" not in outcome.stderr, "a progress bar belongs on a terminal only"
    assert "\x1b" not in outcome.stderr


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_every_number_of_threads_gives_the_same_rows(mnist_to_delta, mnist_small, small_output, tmp_path, threads):
    from conftest import DeltaRows

    mnist_to_delta("--source", mnist_small.folder, "--out", tmp_path, "--threads", threads, "--no-tree")
    assert DeltaRows(tmp_path / TABLE) == DeltaRows(small_output / TABLE)


def test_memory_is_kept_to(mnist_to_delta, mnist_large, tmp_path):
    # Anonymous memory is what --memory is about; what wait4 reports also has the
    # libraries' pages and, before exec, this Python's.
    process = mnist_to_delta.Start("--source", mnist_large.folder, "--out", tmp_path, "--memory", "64MB", "--no-tree")
    peak = samples = 0
    while process.poll() is None:
        status = Path(f"/proc/{process.pid}/status").read_text()
        if found := re.search(r"^RssAnon:\s+(\d+) kB", status, re.MULTILINE):
            peak, samples = max(peak, int(found[1]) * 1024), samples + 1
        time.sleep(0.002)
    assert process.returncode == 0, process.communicate()[1]
    process.communicate()
    assert samples > 20
    assert peak <= 64 << 20


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_its_shell(pixlake, shell):
    script = pixlake("completion", shell).stdout
    assert "mnist-to-delta" in script
    if interpreter := shutil.which(shell):
        subprocess.run([interpreter, "-n"], input=script, text=True, check=True, capture_output=True)


def test_bash_completes_a_command(pixlake):
    script = pixlake("completion", "bash").stdout
    shell = script + '\nCOMP_WORDS=(pixlake ver); COMP_CWORD=1; COMP_LINE="pixlake ver"; COMP_POINT=11\n'
    shell += "$(complete -p pixlake | sed -n 's/.*-F \\([^ ]*\\).*/\\1/p') pixlake ver pixlake\n"
    shell += 'echo "${COMPREPLY[@]}"'
    environment = {**os.environ, "PATH": f"{pixlake.binary.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", shell], text=True, capture_output=True, check=True, env=environment)
    assert done.stdout.split() == ["version"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["table", "frob"], "frob"),
        (["table", "history", "t", "--limit", "-1"], "--limit"),
        (["table", "describe", "t", "--as-of", ""], "--as-of"),
        (["version", "--memory", ""], "--memory"),
    ],
)
def test_wrong_words_and_empty_values_are_named(pixlake, arguments, said):
    outcome = pixlake(*arguments, status=2)
    assert said in outcome.stderr
