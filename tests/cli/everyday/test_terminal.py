"""A script of everyday work, in a terminal of 80 columns and in a pipe."""

import json
import os
import re
import signal
import subprocess
import time

import pytest
from PIL import Image

from everyday.terminal import MakePhotos, OnTerminal


@pytest.fixture
def own(pixlake, tmp_path):
    """Photographs and a lake of them that a test may change."""
    photos = MakePhotos(tmp_path / "photos")
    pixlake("ingest", photos, "--lake", tmp_path / "lake", "-q", status=3)
    return photos, tmp_path / "lake"


def Id(pixlake, lake, name="photo1.jpg"):
    query = f"SELECT id FROM raw.images WHERE filename = '{name}'"
    return pixlake("sql", query, "--lake", lake, "--format", "csv").stdout.split()[1]


def test_what_people_look_at_fits_80_columns(pixlake, lake):
    for words in (
        ["table", "list"],
        ["table", "describe", "raw.images"],
        ["table", "history", "raw.images"],
        ["quarantine", "list"],
        ["show", "raw.images"],
        ["show", "raw.images", "--captions"],
    ):
        seen = OnTerminal(pixlake.binary, *words, "--lake", lake)
        wide = [line for line in seen.text.split("\n") if len(line) > 80 and not line.startswith("/")]
        assert not wide, (words, wide)
        assert seen.text.strip()


def test_tables_and_their_history_are_told_in_words(pixlake, own):
    _, lake = own
    text = pixlake("table", "list", "--lake", lake).stdout
    assert re.match(r"TABLE +FORMAT +VERSION +ROWS +SIZE", text)
    assert re.search(r"^raw\.images +delta +1 +8 ", text, re.MULTILINE)
    pixlake("table", "delete", "raw.images", "--where", "filename = 'photo3.jpg'", "--lake", lake)
    text = pixlake("table", "history", "raw.images", "--lake", lake).stdout
    assert re.match(r"VERSION +WHEN \(UTC\) +OPERATION +WHAT", text)
    assert re.search(r" 2 .* deleted 1 row where .*filename = 'photo3.jpg'", text)
    assert re.search(r" 1 .* added 8 rows in 1 file", text)
    assert re.search(r" 0 .* created", text)
    history = pixlake("table", "history", "raw.images", "--lake", lake, "--json").json["history"]
    assert history[0]["words"].startswith("deleted 1 row")
    text = pixlake("table", "describe", "raw.images", "--lake", lake).stdout
    assert text.count("format ") == 1
    assert "\nColumns\n  NAME" in text and "\nTable\n" in text and "\nProperties\n" in text


def test_columns_have_their_comments(pixlake, tmp_path):
    table = tmp_path / "t"
    pixlake("sql", f"CREATE TABLE delta.`{table}` (id BIGINT COMMENT 'who it is', label STRING)")
    assert re.search(r"id +bigint +\(who it is\)", pixlake("table", "describe", table).stdout)
    assert pixlake("table", "describe", table, "--json").json["columns"][0]["comment"] == "who it is"


def test_ids_by_their_beginnings_and_versions_everywhere(pixlake, own, tmp_path):
    photos, lake = own
    whole = Id(pixlake, lake)
    content = (photos / "cats/photo1.jpg").read_bytes()
    assert pixlake("cat", "raw.images", whole[:10], "--lake", lake).raw == content
    refused = pixlake("cat", "raw.images", "", "--row", "0", "--lake", lake, status=2)
    assert "pixlake: error: " in refused.stderr
    assert "no row has id 'zz'" in pixlake("cat", "raw.images", "zz", "--lake", lake, status=1).stderr
    pixlake("table", "delete", "raw.images", "--where", f"id = '{whole}'", "--lake", lake)
    pixlake("cat", "raw.images", whole[:10], "--lake", lake, status=1)
    for version in (["--version", 1], ["--at", 1]):
        assert pixlake("cat", "raw.images", whole[:10], *version, "--lake", lake).raw == content
    pixlake("show", "raw.images", "--id", whole[:10], "--lake", lake, "-o", tmp_path / "x.png", status=1)
    pixlake("show", "raw.images", "--id", whole[:10], "--version", 1, "--lake", lake, "-o", tmp_path / "x.png")
    assert pixlake("export", "raw.images", tmp_path / "now", "--lake", lake, "--json").json["files"] == 7
    pixlake("export", "raw.images", tmp_path / "then", "--version", 1, "--id", whole[:10], "--lake", lake)
    (path,) = [path for path in (tmp_path / "then").rglob("*") if path.is_file()]
    assert path.read_bytes() == content
    assert pixlake("export", "raw.images", tmp_path / "few", "--limit", 3, "--lake", lake, "--json").json["files"] == 3


def test_several_ids_that_begin_so_are_named(pixlake, tmp_path):
    table = tmp_path / "t"
    pixlake("sql", f"CREATE TABLE delta.`{table}` AS SELECT * FROM (VALUES ('ab1', 'x'::BLOB), ('ab2', 'y'::BLOB), "
            "('ab', 'z'::BLOB), ('b', 'w'::BLOB)) t(id, content)")  # fmt: skip
    assert pixlake("cat", table, "ab").raw == b"z"
    assert pixlake("cat", table, "b").raw == b"w"
    assert "'a' is the beginning of several ids: ab, ab1, ab2" in pixlake("cat", table, "a", status=2).stderr


def test_each_content_once_if_asked(pixlake, tmp_path):
    photos, lake = MakePhotos(tmp_path / "photos"), tmp_path / "lake"
    (photos / "again.jpg").write_bytes((photos / "cats/photo1.jpg").read_bytes())
    pixlake("ingest", photos, "--lake", lake, status=3)
    assert pixlake("export", "raw.images", tmp_path / "all", "--lake", lake, "--json").json["files"] == 9
    assert pixlake("export", "raw.images", tmp_path / "once", "--once", "--lake", lake, "--json").json["files"] == 8


def test_show_leaves_nothing_behind_and_draws_only_on_terminals(pixlake, lake, tmp_path):
    seen = OnTerminal(pixlake.binary, "show", "raw.images", "--lake", lake, cwd=tmp_path)
    assert "drawn here; for all of them: --output sheet.png" in seen.text
    assert list(tmp_path.iterdir()) == []
    refused = pixlake("show", "raw.images", "--lake", lake, cwd=tmp_path, status=2)
    assert "there is no terminal to draw on: write the sheet with --output FILE.png" in refused.stderr
    quiet = pixlake("show", "raw.images", "--lake", lake, "-o", tmp_path / "a.png")
    assert quiet.stdout == f"8 images on {tmp_path / 'a.png'}\n"
    assert "name it .png" in pixlake("show", "raw.images", "--lake", lake, "-o", tmp_path / "a.jpg", status=2).stderr
    assert pixlake("show", "raw.images", "--lake", lake, "-o", "-").raw.startswith(b"\x89PNG")
    assert "photo" in OnTerminal(pixlake.binary, "show", "raw.images", "--captions", "--lake", lake).text
    wide = OnTerminal(pixlake.binary, "show", "raw.images", "--lake", lake, columns=230, lines=60)
    assert "drawn here" not in wide.text, "all of them fit"


def test_what_cannot_be_shown_is_named(pixlake, lake, tmp_path):
    outcome = pixlake("show", "raw.quarantine", "--lake", lake, "-o", tmp_path / "q.png", status=1)
    assert "cut.jpg: " in outcome.stderr


def test_an_upright_picture_of_one_that_lies(pixlake, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    image = Image.new("RGB", (80, 40), "white")
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(photos / "lies.jpg", exif=exif)
    pixlake("ingest", photos, "--lake", tmp_path / "lake")
    pixlake("show", "raw.images", "--lake", tmp_path / "lake", "-o", tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height > sheet.width


def test_inspect_takes_folders_and_standard_input(pixlake, photos, tmp_path):
    outcome = pixlake("inspect", photos, "--json", status=3).json["images"]
    assert len(outcome) == 9 and outcome[0]["path"] == str(photos / "cats/cut.jpg")
    content = (photos / "cats/photo1.jpg").read_bytes()
    done = subprocess.run([pixlake.binary, "inspect", "-", "--json"], input=content, capture_output=True, check=True)
    (image,) = json.loads(done.stdout)["images"]
    assert (image["path"], image["format"], image["width"]) == ("-", "JPEG", 70)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "no file in it is named as an image" in pixlake("inspect", empty, status=1).stderr
    missing = pixlake("inspect", tmp_path / "none.jpg", status=1)
    assert missing.stderr.count("none.jpg") == 1, "said once"


def test_metadata_takes_folders_and_standard_input(pixlake, photos, tmp_path):
    report = pixlake("metadata", photos, "--success", tmp_path / "good", "--json", status=3).json
    assert (report["succeeded"], report["failed"]) == (8, 1)
    assert list((tmp_path / "good-failed").glob("*.jsonl"))
    one = pixlake("metadata", photos / "cats/photo1.jpg", "--success", tmp_path / "one", "--json").json
    assert one["succeeded"] == 1
    listed = f"url\n{photos}/cats/photo1.jpg\n".encode()
    command = [pixlake.binary, "metadata", "-", "--success", tmp_path / "two", "--json"]
    done = subprocess.run(command, input=listed, capture_output=True, check=True)
    assert json.loads(done.stdout)["succeeded"] == 1
    database = f"sqlite:{tmp_path / 'meta.db'}"
    report = pixlake("metadata", photos, "--success", database, "--failure", database, "--json", status=3).json
    assert (report["succeeded"], report["failed"]) == (8, 1)


def test_known_images_are_described_when_asked(pixlake, photos, tmp_path):
    lake = tmp_path / "bare"
    pixlake("ingest", photos, "--lake", lake, "--no-metadata", status=3)
    assert pixlake("ingest", photos, "--lake", lake, "--json").json["described"] == 0
    assert pixlake("ingest", photos, "--lake", lake, "--describe", "--json").json["described"] == 8
    assert pixlake("ingest", photos, "--lake", lake, "--describe", "--json").json["described"] == 0
    assert (
        pixlake("sql", "SELECT count(*) FROM raw.metadata", "--lake", lake, "--format", "csv").stdout.split()[1] == "8"
    )
    pixlake("ingest", photos, "--lake", lake, "--describe", "--no-metadata", status=2)


def test_deleted_images_come_back_with_rehash(pixlake, own):
    photos, lake = own
    pixlake("table", "delete", "raw.images", "--all", "--lake", lake)
    assert pixlake("ingest", photos, "--lake", lake, "--json").json["images"] == 0
    assert pixlake("ingest", photos, "--lake", lake, "--rehash", "--json").json["images"] == 8


def test_quiet_prints_results_and_errors_alone(pixlake, photos, tmp_path):
    lake = tmp_path / "lake"
    outcome = pixlake("-q", "ingest", photos, "--lake", lake, status=3)
    assert (outcome.stdout, outcome.stderr) == ("", "")
    assert pixlake("export", "raw.images", tmp_path / "out", "--lake", lake, "-q").stdout == ""
    assert pixlake("table", "optimize", "raw.images", "--lake", lake, "-q").stdout == ""
    assert pixlake("sql", "SELECT 1 AS a", "-q", "--format", "csv").stdout == "a\n1\n"
    assert "no command" in pixlake("-q", "frob", status=2).stderr


def test_a_bar_on_terminals_alone(pixlake, mnist_small, tmp_path):
    command = ["mnist-to-delta", "--source", mnist_small.folder, "--no-tree", "--out"]
    seen = OnTerminal(pixlake.binary, *command, tmp_path / "a")
    assert re.search(r"Writing images  \[\x1b\[32m=+\x1b\[0m\] 100%  700/700  [\d,]+/s", seen.raw)
    assert "\x1b[32m" not in OnTerminal(pixlake.binary, *command, tmp_path / "b", env={"NO_COLOR": "1"}).raw
    assert pixlake(*command, tmp_path / "c").stderr == ""
    assert "Writing" not in OnTerminal(pixlake.binary, *command, tmp_path / "d", "-q").raw


def test_a_bar_over_a_folder_has_an_end(pixlake, photos, tmp_path):
    seen = OnTerminal(pixlake.binary, "ingest", photos, "--lake", tmp_path / "lake", status=3)
    assert re.search(r"Ingesting .* 9", seen.text)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=lambda how: how.name)
def test_interrupted_says_so_once(pixlake, how):
    process = pixlake.Start("sql", "SELECT count(*) FROM range(200000) a, range(2000000) b WHERE a.range * b.range = 7")
    time.sleep(0.7)
    process.send_signal(how)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + how
    assert stderr == "pixlake: interrupted; run the same command again to finish\n"


@pytest.mark.parametrize(
    "words",
    [["completion", "bash"], ["help", "--man"], ["sql", "FROM range(3000000)", "--format", "csv"]],
    ids=" ".join,
)
def test_a_reader_that_goes_is_no_error(pixlake, words):
    process = subprocess.Popen([pixlake.binary, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(1)
    process.stdout.close()
    stderr = process.stderr.read()
    assert process.wait() in (0, 141)
    assert stderr == b""


@pytest.mark.parametrize(
    "words", [["completion", "bash"], ["--help"], ["sql", "FROM range(3000000)", "--format", "csv"]], ids=" ".join
)
def test_a_full_disk_is_named(pixlake, words):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([pixlake.binary, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "No space left on device" in done.stderr and "unexpected" not in done.stderr


def test_sources_name_their_table(pixlake, lake):
    query = "SELECT DISTINCT table_name FROM raw.sources ORDER BY 1"
    assert pixlake("sql", query, "--lake", lake, "--format", "csv").stdout.split() == [
        "table_name", "raw.images", "raw.quarantine"]  # fmt: skip


def test_bash_completes_values_and_tables(pixlake, lake):
    script = pixlake("completion", "bash").stdout

    def Completed(*words):
        shell = (
            script
            + f"\nCOMP_WORDS=({' '.join(words)} ''); COMP_CWORD={len(words)}\n_pixlake\necho \"${{COMPREPLY[@]}}\""
        )
        environment = {**os.environ, "PATH": f"{pixlake.binary.parent}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-c", shell], text=True, capture_output=True, check=True, env=environment)
        return done.stdout.split()

    assert Completed("pixlake", "sql", "--format") == ["table", "csv", "json", "parquet", "arrow"]
    assert {"raw.images", "raw.sources"} <= set(Completed("pixlake", "show", "--lake", str(lake)))
    assert {"bash", "zsh", "fish"} <= set(Completed("pixlake", "completion"))
