"""What a person types wrong is answered with what is near; the usual words of other programs are understood."""

import re

import pytest
from conftest import ROOT

from everyday.terminal import OnTerminal

VERSION = re.search(r"^project\(pixlake VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_the_version_is_one_line(pixlake, word):
    assert re.fullmatch(rf"pixlake {re.escape(VERSION)}( \(\w+\))?\n", pixlake(word).stdout)


def test_help_is_a_command(pixlake):
    assert pixlake("help").stdout == pixlake("--help").stdout
    assert pixlake("help", "table", "list").stdout == pixlake("table", "list", "--help").stdout
    assert "no command 'tabel'; did you mean 'table'?" in pixlake("help", "tabel", status=2).stderr


def test_without_a_command_help_is_shown_and_nothing_done(pixlake):
    assert "Usage:" in pixlake(status=2).stderr
    assert "history" in pixlake("table", status=2).stderr


def test_options_of_all_commands_may_stand_before_them(pixlake, lake):
    query = "SELECT count(*) AS n FROM raw.images"
    for words in (
        ["--lake", lake, "sql", query, "--format", "csv"],
        [f"--lake={lake}", "-q", "sql", "--format", "csv", query],
    ):
        assert pixlake(*words).stdout == "n\n8\n"
    assert pixlake("--json", "--lake", lake, "table", "list").json["tables"]
    assert pixlake("table", "--lake", lake, "describe", "raw.images", "--json").json["rows"] == 8


# What is typed, and the words of the answer.
REFUSED = [
    (["ingset"], "there is no command 'ingset'; did you mean 'ingest'?"),
    (["table", "lst"], "there is no command 'table lst'; did you mean 'list'?"),
    (["frobnicate"], "there is no command 'frobnicate'; there are: ingest, run, sql,"),
    (
        ["ingest", "--labels-from-folder", "p"],
        "pixlake ingest has no option '--labels-from-folder'; did you mean '--label-from-folder'?",
    ),
    (["sql", "SELECT 1", "-z"], "pixlake sql has no option '-z'"),
    (["--lke", "L", "sql"], "pixlake has no option '--lke'"),
    (["init", "x", "--lake", "y"], "pixlake init has no option '--lake'"),
    (["--lake"], "--lake needs a value"),
    (["sql", "SELECT 1", "--format"], "--format needs a value"),
    (["sql"], "SQL is required; usage: pixlake sql SQL [OPTIONS]"),
    (["cat", "a", "b", "c", "d"], "'c' 'd' was not expected; usage: pixlake cat TABLE [ID] [OPTIONS]"),
    (["sql", "x", "--format", "jsn"], "did you mean 'json'?"),
    (["kernels", "--threads", "x"], "--threads"),
    (["sql", "SELECT * FROM raw.images"], "give --lake LAKE or set PIXLAKE_LAKE"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED, ids=lambda value: " ".join(value) if value else None)
def test_what_is_refused_says_why(pixlake, arguments, said):
    outcome = pixlake(*arguments, status=2)
    assert outcome.stderr.startswith("pixlake: error: ")
    assert said in outcome.stderr
    assert outcome.stdout == ""
    error = pixlake("--json", *arguments, status=2).json["error"] if arguments[0][0] != "-" else None
    assert error is None or (error["code"] == "usage" and said in error["message"])


def test_a_table_there_is_not_is_answered_with_one_that_is(pixlake, lake):
    assert "did you mean 'raw.images'?" in pixlake("table", "describe", "raw.imags", "--lake", lake, status=1).stderr
    assert "did you mean 'raw.images'?" in pixlake("sql", "FROM raw.imags", "--lake", lake, status=None).stderr


def test_help_fits_the_terminal_and_says_nothing_idle(pixlake):
    for words in ([], ["ingest"], ["sql"], ["table"], ["table", "merge"], ["quarantine", "replay"], ["mnist-to-delta"]):
        for columns in (60, 80):
            seen = OnTerminal(pixlake.binary, *words, "--help", columns=columns)
            prose = [line for line in seen.text.split("\n") if not re.match(r"  (pixlake|cat|eval|  +--)", line)]
            assert max(map(len, prose)) <= columns, (words, columns, max(prose, key=len))
            for noise in ("INT in", "UINT", "REQUIRED", "TEXT:", "1099511627776"):
                assert noise not in seen.text
    text = pixlake("ingest", "--help").stdout
    assert text.index("Examples:") < text.index("Arguments:") < text.index("Options:") < text.index("Common options:")
    assert "--no-sync" not in pixlake("version", "--help").stdout
    commands = re.findall(r"^  ([a-z-]+)  +[A-Z]", pixlake("--help").stdout, re.MULTILINE)
    assert commands[:3] == ["ingest", "sql", "show"]


def test_help_is_bold_on_a_terminal_alone(pixlake):
    assert "\x1b[1m" in OnTerminal(pixlake.binary, "--help").raw
    assert "\x1b" not in OnTerminal(pixlake.binary, "--help", env={"NO_COLOR": "1"}).raw
    assert "\x1b" not in pixlake("--help").stdout


def test_the_manual_page_is_the_programs_own(pixlake):
    """PIXLAKE_WRITE_DOCS=1 writes it."""
    import os

    page = ROOT / "docs/pixlake.1"
    made = re.sub(r'"pixlake [^"]*"', '"pixlake"', pixlake("help", "--man").stdout, count=1)
    if os.environ.get("PIXLAKE_WRITE_DOCS") == "1":
        page.write_text(made, encoding="utf-8")
    assert page.read_text(encoding="utf-8") == made, "run this test with PIXLAKE_WRITE_DOCS=1"
    assert ".SS pixlake table history" in made
