"""config/settings.yaml: written by `init`, checked, shown; the schema agrees with the reader."""

import json
import os
import re

import jsonschema
import pytest
import yaml


@pytest.fixture
def schema(pixlake):
    return json.loads(pixlake("config", "schema").stdout)


def Write(folder, text):
    file = folder / "config/settings.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_init_writes_settings_that_are_right_and_writes_over_nothing(pixlake, schema, tmp_path):
    lake = tmp_path / "lake"
    made = pixlake("init", lake, "--json").json
    assert made["lake"] == str(lake) and "raw.images" in made["tables"]
    assert made["config"] == [
        {"path": str(lake / "config/settings.yaml"), "made": True},
        {"path": str(lake / "config/settings.schema.json"), "made": True},
        {"path": str(lake / "config/logging.yaml"), "made": True},
        {"path": str(lake / "config/logging.schema.json"), "made": True},
    ]
    file = lake / "config/settings.yaml"
    text = file.read_text()
    assert text.startswith("# yaml-language-server: $schema=settings.schema.json\n")
    assert json.loads((lake / "config/settings.schema.json").read_text()) == schema
    jsonschema.validate(yaml.safe_load(text), schema)
    checked = pixlake("config", "check", "--config", file, "--json").json
    assert (checked["status"], checked["root"], checked["problems"]) == ("ok", str(lake), [])
    assert yaml.safe_load(text)["storage"] == {
        "raw_path": "raw",
        "processed_path": "processed",
        "curated_path": "curated",
    }

    logging = json.loads(pixlake("config", "schema", "logging").stdout)
    jsonschema.Draft202012Validator.check_schema(logging)
    jsonschema.validate(yaml.safe_load((lake / "config/logging.yaml").read_text()), logging)
    shown = pixlake("config", "show", "--config", file, "--json").json["logging"]
    assert (shown["level"], shown["file"], shown["keep"]) == ("info", str(lake / "logs/pixlake.log"), 14)

    file.write_text("processing: {batch_size: 7}\n")
    again = pixlake("init", lake, "--json").json
    assert [one["made"] for one in again["config"]] == [False] * 4
    assert file.read_text() == "processing: {batch_size: 7}\n"


def test_init_takes_sources(pixlake, tmp_path):
    (tmp_path / "photos").mkdir()
    lake = tmp_path / "lake"
    sources = ["--source", tmp_path / "photos", "--source", "https://example.org/a.jpg"]
    pixlake("init", lake, *sources)
    shown = pixlake("config", "show", "--config", lake / "config/settings.yaml", "--json").json["settings"]
    assert [one["path"] for one in shown["sources"]] == [str(tmp_path / "photos"), "https://example.org/a.jpg"]
    pixlake("init", lake, *sources)  # says the same: fine
    assert "add it there" in pixlake("init", lake, "--source", "s3://b/c", status=2).stderr

    wrong = pixlake("init", tmp_path / "other", "--source", tmp_path / "photo", status=2)
    assert "did you mean 'photos'?" in wrong.stderr
    assert not (tmp_path / "other").exists()


WRONG = """\
storage:
  raw_path: 3
processing:
  batch_sise: 10
  memory: lots
sources:
  - path: nowhere
checks:
  - {kind: blur}
"""


def test_check_tells_all_that_is_wrong(pixlake, tmp_path):
    file = Write(tmp_path, WRONG)
    outcome = pixlake("config", "check", "--config", file, status=2)
    lines = outcome.stderr.splitlines()
    assert lines[0] == f"pixlake: error: {file}: 5 problems"
    assert [re.match(rf"  {re.escape(str(file))}:(\d+:\d+): (\S+):", line).groups() for line in lines[1:]] == [
        ("2:13", "storage.raw_path"),
        ("4:3", "processing.batch_sise"),
        ("5:11", "processing.memory"),
        ("7:5", "sources[0].path"),
        ("9:5", "checks[0].min_sharpness"),
    ]
    problems = pixlake("config", "check", "--config", file, "--json", status=2).json["problems"]
    assert [(one["line"], one["key"]) for one in problems][1] == (4, "processing.batch_sise")
    assert problems[1]["what"] == "no such key; did you mean 'batch_size'?"
    assert pixlake("config", "show", "--config", file, status=2).stderr == outcome.stderr
    assert "pixlake init" in pixlake("config", "check", "--config", tmp_path / "none.yaml", status=1).stderr


def test_logging_is_checked_too(pixlake, tmp_path):
    file = Write(tmp_path, "processing: {batch_size: 0}\n")
    logging = tmp_path / "config/logging.yaml"
    logging.write_text("level: verbose\nmodules: {ingest: debg, io: off}\nrotate_every: 3\nkep: 1\n")
    problems = pixlake("config", "check", "--config", file, "--json", status=2).json["problems"]
    assert [(one["file"], one["line"], one["key"]) for one in problems] == [
        (str(file), 1, "processing.batch_size"),
        (str(logging), 1, "level"),
        (str(logging), 2, "modules.ingest"),
        (str(logging), 3, "rotate_every"),
        (str(logging), 4, "kep"),
    ]
    assert "did you mean 'debug'?" in problems[2]["what"]
    file.write_text("")
    logging.write_text("file: stderr\nformat: json\n")
    shown = pixlake("config", "show", "--config", file, "--json").json["logging"]
    assert (shown["file"], shown["format"]) == ("stderr", "json")


def test_a_run_is_in_the_log(pixlake, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.txt").write_text("no image")
    lake = tmp_path / "lake"
    pixlake("init", lake, "--source", tmp_path / "photos")
    settings, logging = lake / "config/settings.yaml", lake / "config/logging.yaml"
    pixlake("run", "--config", settings)
    lines = (lake / "logs/pixlake.log").read_text().splitlines()
    assert re.fullmatch(rf"\S+Z info run run begins settings={settings} lake={lake}", lines[0])
    assert " info ingest source taken in items=1 " in lines[1]
    assert " info run run ended " in lines[-1]

    pixlake("run", "--config", settings, "--plan")  # does nothing, so says nothing there
    assert (lake / "logs/pixlake.log").read_text().splitlines() == lines

    logging.write_text("{format: json, file: logs/run.json, modules: {ingest: off}}")
    pixlake("run", "--config", settings)
    rows = [json.loads(line) for line in (lake / "logs/run.json").read_text().splitlines()]
    assert (rows[0]["message"], rows[-1]["message"]) == ("run begins", "run ended")
    assert "ingest" not in {row["module"] for row in rows}

    logging.write_text("file: /dev/null/none")
    assert "log" in pixlake("run", "--config", settings, status=1).stderr


def test_secrets_are_not_shown(pixlake, tmp_path, monkeypatch):
    monkeypatch.setenv("PIXLAKE_TEST_SECRET", "hunter2")
    file = Write(tmp_path, "spark: {app_name: '${PIXLAKE_TEST_SECRET}', conf: {a.secret.key: hunter2, b: 1}}\n")
    for words in (["show"], ["show", "--json"], ["check"], ["check", "--json"]):
        outcome = pixlake("config", *words, "--config", file)
        assert "hunter2" not in outcome.stdout + outcome.stderr
    file = Write(tmp_path, "processing: {batch_size: '${PIXLAKE_TEST_SECRET}', threads: '${PIXLAKE_NOT_SET}'}\n")
    said = pixlake("config", "check", "--config", file, status=2).stderr
    assert "hunter2" not in said and "***" in said and "the environment has no PIXLAKE_NOT_SET" in said


# What the schema and the reader must say the same of.
CASES = [
    "",
    "storage: {raw_path: s3://b/raw}",
    "storage:\nsources:\n",
    "storage: {raw_path: ''}",
    "spark: {conf: {a: 1, b: true, c: x}}",
    "spark: {conf: {a: [1]}}",
    "spark: {app_name: 1}",
    "processing: {batch_size: 1}",
    "processing: {batch_size: 0}",
    "processing: {batch_size: 1000001}",
    "processing: {batch_size: 1.5}",
    "processing: {batch_size: '1'}",
    "processing: {memory: 1GB}",
    "processing: {memory: 1.5 GiB}",
    "processing: {memory: 1048576}",
    "processing: {memory: -1}",
    "processing: {memory: 1XB}",
    "processing: {max_time: 5s}",
    "processing: {max_time: 1h30m}",
    "processing: {max_time: 5}",
    "processing: {max_time: ''}",
    "processing: {check: full}",
    "processing: {check: fulll}",
    "processing: {sandbox: true}",
    "sources: [{path: 's3://b', hidden: true, include: ['*.jpg']}]",
    "sources: [{hidden: true}]",
    "sources: [{path: 's3://b', hidden: 1}]",
    "sources: [{path: 's3://b', include: x}]",
    "sources: {path: x}",
    "checks: [{kind: format, in: [JPEG]}]",
    "checks: [{kind: format, in: []}]",
    "checks: [{kind: format, in: [jpeg]}]",
    "checks: [{kind: format}]",
    "checks: [{kind: dimensions, min_width: 3}]",
    "checks: [{kind: dimensions}]",
    "checks: [{kind: dimensions, min_sharpness: 3}]",
    "checks: [{kind: none}]",
    "checks: [{in: [JPEG]}]",
    "checks: [{kind: bit_depth, in: [8, 16]}]",
    "checks: [{kind: bit_depth, in: [8, 0]}]",
    "checks: [{kind: blur, min_sharpness: 1e2, severity: drop}]",
    "checks: [{kind: blur, min_sharpness: 100.0, severity: drop}]",
    "checks: [{kind: blur, min_sharpness: 100.0, severity: kill}]",
    "checks: [{kind: duplicate}]",
    "checks: [{kind: place, polygon: [[1, 2], [3, 4], [5, 6.5]]}]",
    "checks: [{kind: place, polygon: [[1, 2], [3, 4]]}]",
    "checks: [{kind: place, polygon: [[1, 2], [3, 4], [5, 96]]}]",
    "checks: [{kind: place, polygon: [[1, 2], [3, 4], [5]]}]",
    "checks: [{kind: label, in: [1, a, true]}]",
    "checks: [{kind: sql, condition: 1 < 2}]",
    "steps: [{name: a, enabled: false}]",
    "steps: [{name: a b}]",
    "steps: [{name: a, sql: SELECT 1, inputs: [raw.images], output: a.b, key: id}]",
    "steps: [{name: a, sql: SELECT 1, inputs: [Images], output: a.b}]",
    "steps: [{name: a, kernel: k, parameters: {a: 1}, inputs: [raw.images], output: a.b}]",
    "steps: [{name: a, kernel: k, parameters: {a: {}}, inputs: [raw.images], output: a.b}]",
    "maintenance: {vacuum: {retention: 30d}, zorder: [{table: a.b, columns: [c]}]}",
    "maintenance: {zorder: [{table: a.b}]}",
    "maintenance: {vacuum: 30d}",
    "schedules: [{name: a, at: '03:30'}]",
    "schedules: [{name: a, at: '24:30'}]",
    "nothing: 1",
    "[]",
    "x",
]


@pytest.mark.parametrize("text", CASES)
def test_schema_and_reader_agree(pixlake, schema, tmp_path, text):
    file = Write(tmp_path, text + "\n")
    reads = pixlake("config", "check", "--config", file, status=None).status == 0
    # YAML 1.2's core schema, which the reader keeps to, has 1e2 as a number; PyYAML's 1.1 has it as text.
    document = yaml.safe_load(text.replace("1e2", "100.0"))
    fits = jsonschema.Draft202012Validator(schema).is_valid(document)
    assert reads == fits, pixlake("config", "check", "--config", file, status=None).stderr


def test_the_schema_is_one(schema):
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\n" + "\n".join(f"k{i}: [*a, *a]" for i in range(1000)),
        "spark: {conf: &c {<<: *c}}",
        "[" * 200_000,
        "{" * 200_000,
        "- " * 200_000,
        "? " * 200_000,
        "a:\n " * 50_000,
        "'" + "a" * 900_000,
        "\t" * 900_000 + "a",
        "a: |\n" + " x\n" * 200_000,
        "#" * 2_000_000,
        "processing: {batch_size: 1, batch_size: 2}",
    ],
    ids=lambda text: text[:12],
)
def test_hostile_files_are_refused_soon(pixlake, tmp_path, text):
    file = Write(tmp_path, text)
    outcome = pixlake("config", "check", "--config", file, status=2)
    assert outcome.seconds < 5 and len(outcome.stderr) < 30_000


def test_files_that_are_no_text(pixlake, tmp_path):
    file = Write(tmp_path, "")
    file.write_bytes(os.urandom(1000) + b"\0")
    assert "expected text in UTF-8" in pixlake("config", "check", "--config", file, status=2).stderr
    file.unlink()
    with file.open("wb") as huge:
        huge.truncate(1 << 40)  # sparse: as large as one likes
    assert "more than 1048576 bytes" in pixlake("config", "check", "--config", file, status=2).stderr
    assert pixlake("config", "check", "--config", tmp_path, status=1)
