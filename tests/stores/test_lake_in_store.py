"""A lake in an object store is the lake it would be on a disk; real servers, deltalake is the other side."""

import hashlib
import json

import pytest
import services
from lake_in_store import MADE, RAW, Lasting, Mixed, Picture, S3Client, Table, TableBySql


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    with services.S3(tmp_path_factory.mktemp("s3")) as environment:
        yield environment


@pytest.fixture(scope="module")
def gcs(tmp_path_factory):
    with services.Gcs(tmp_path_factory.mktemp("gcs")) as environment:
        yield environment


@pytest.fixture(params=["s3", "gs"])
def store(request, tmp_path, monkeypatch):
    """(environment, lake) of each store, with a cache and a temporary folder of the test's own."""
    for name in ("cache", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    name = {"s3": "s3", "gs": "gcs"}[request.param]
    return request.getfixturevalue(name), f"{request.param}://bucket/{request.node.name}/lake"


def test_it_has_the_rows_of_the_same_lake_on_a_disk(pixlake, store, tmp_path):
    environment, lake = store
    source = Mixed(tmp_path / "in", 5)
    here = tmp_path / "here"
    pixlake("init", lake, env=environment)
    pixlake("init", here)
    for where, env in ((lake, environment), (here, {})):
        taken = pixlake("ingest", source, "--lake", where, "--label-from-folder", "--json", env=env, status=3).json
        assert (taken["images"], taken["duplicates"], taken["binary"], taken["quarantined"]) == (5, 1, 2, 1)
        pixlake("run", "--lake", where, "--json", env=env)
        again = pixlake("run", source, "--lake", where, "--json", env=env).json["steps"]
        assert {step["mode"] for step in again[1:]} == {"nothing"}
    for name in [*(f"raw.{table}" for table in RAW), *MADE]:
        expected = Table({}, str(here), name)
        assert expected, name
        if lake.startswith("s3"):
            assert Lasting(Table(environment, lake, name)) == Lasting(expected), name
        else:
            there = TableBySql(pixlake, environment, lake, name)
            assert Lasting(there) == Lasting(TableBySql(pixlake, {}, str(here), name)), name
    for row in Table({}, str(here), "raw.images")[:2]:
        found = pixlake("cat", "raw.images", row["id"], "--lake", lake, env=environment)
        assert hashlib.sha256(found.raw).hexdigest() == row["id"]
    # Where the index was never used, and where its runs have to be got.
    assert pixlake("cat", "raw.images", "0" * 64, "--lake", lake, env=environment, status=None).status != 0
    assert not list((tmp_path / "tmp").glob("pixlake-scratch-*/*"))


@pytest.mark.full
def test_commands_on_it_do_what_they_do_on_a_disk(pixlake, store, tmp_path):
    environment, lake = store
    source = Mixed(tmp_path / "in", 5)
    pixlake("ingest", source, "--lake", lake, env=environment, status=3)  # makes it
    listed = pixlake("table", "list", lake, "--json", env=environment).json["tables"]
    assert [table["path"].removeprefix(lake) for table in listed] == sorted(f"/raw/{name}" for name in RAW)
    assert pixlake("table", "check", "raw.images", "--lake", lake, "--json", env=environment).json["problems"] == []
    bad = pixlake("quarantine", "list", "--lake", lake, env=environment).stdout
    assert "broken.png" in bad or "truncated" in bad
    (source / "broken.png").write_bytes(Picture(tmp_path / "good.png", 77).read_bytes())
    assert pixlake("quarantine", "replay", "--lake", lake, "--json", env=environment).json["released"] == 0
    pixlake("ingest", source, "--lake", lake, env=environment)
    count = "SELECT (SELECT count(*) FROM raw.images) AS i, (SELECT count(*) FROM raw.quarantine) AS q"
    assert pixlake("sql", count, "--lake", lake, "--format", "csv", env=environment).stdout == "i,q\n6,0\n"
    pixlake("export", "raw.images", tmp_path / "out", "--lake", lake, env=environment)
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    contents = {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    assert contents >= {hashlib.sha256(p.read_bytes()).hexdigest() for p in source.rglob("[0-9].png")}
    pixlake("metadata", "raw.images", "--success", "raw.metadata", "--lake", lake, env=environment)
    pixlake("sql", "CREATE TABLE curated.mine AS SELECT id FROM raw.images", "--lake", lake, env=environment)
    pixlake("table", "optimize", "raw.sources", "--lake", lake, env=environment)
    refused = pixlake("sql", "DROP TABLE raw.images", "--lake", lake, env=environment, status=2)
    assert "stays" in refused.stderr
    assert pixlake("ingest", source, "--lake", lake, "--json", env=environment).json["images"] == 0


def test_what_is_larger_than_memory_holds_waits_on_this_machine_alone(pixlake, store, tmp_path):
    environment, lake = store
    large = tmp_path / "in" / "large.bin"
    large.parent.mkdir()
    large.write_bytes(bytes(range(256)) * (40 << 12))  # 40 MiB, more than waits in memory
    pixlake("ingest", large.parent, "--lake", lake, "--memory", "96MB", env=environment)
    row = pixlake("sql", "SELECT id, size FROM raw.binary", "--lake", lake, "--format", "json", env=environment)
    assert json.loads(row.stdout)[0]["size"] == large.stat().st_size
    assert not list((tmp_path / "tmp").glob("pixlake-scratch-*/*"))


@pytest.fixture
def three_buckets(s3, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    client = S3Client(s3)
    for name in ("bronze", "silver", "gold"):
        client.MakeBucket(name)
    return s3


def Settings(pixlake, folder, sources, **storage):
    """A settings file on this machine whose lake is where `storage` says."""
    pixlake("init", folder)
    file = folder / "config" / "settings.yaml"
    file.write_text(json.dumps({"sources": [{"path": str(sources)}], "storage": storage}))  # YAML, too
    return file


@pytest.mark.full
def test_zones_in_three_buckets_are_one_lake(pixlake, three_buckets, tmp_path):
    source = Mixed(tmp_path / "in", 6)
    roots = {"raw_path": "s3://bronze/a/raw", "processed_path": "s3://silver/p", "curated_path": "s3://gold/c"}
    file = Settings(pixlake, tmp_path / "settings", source, **roots)
    steps = pixlake("run", "--config", file, "--json", env=three_buckets, status=3).json["steps"]
    assert steps[0]["rows_out"] == 6
    client = S3Client(three_buckets)
    assert any(name.startswith("p/features/_delta_log/") for name in client.Names("s3://silver/"))
    assert any(name.startswith("c/ml_ready/_delta_log/") for name in client.Names("s3://gold/"))
    assert not [name for name in client.Names("s3://bronze/") if not name.startswith(("a/raw/", "a/_pixlake/"))]
    marker = json.loads(client.client.get_object(Bucket="bronze", Key="a/_pixlake/lake.json")["Body"].read())
    assert marker["pixlake_lake"] == 2
    assert marker["roots"] == {"processed": "s3://silver/p", "curated": "s3://gold/c"}
    # Its home is enough to find every table.
    counts = "SELECT (SELECT count(*) FROM raw.images) AS r, (SELECT count(*) FROM curated.ml_ready) AS c"
    text = pixlake("sql", counts, "--lake", "s3://bronze/a", "--format", "csv", env=three_buckets).stdout
    assert text == "r,c\n6,6\n"
    again = pixlake("run", "--config", file, "--json", env=three_buckets).json["steps"]
    assert {step["mode"] for step in again[1:]} == {"nothing"}
    # Settings that say something else, and what is left of a zone that is named twice, are refused in words.
    other = Settings(pixlake, tmp_path / "other", source, **{**roots, "curated_path": "s3://gold/elsewhere"})
    refused = pixlake("run", "--config", other, env=three_buckets, status=2).stderr
    assert "s3://gold/c" in refused and "s3://gold/elsewhere" in refused
    twice = {"raw_path": "s3://bronze/b/raw", "processed_path": "s3://gold/x", "curated_path": "s3://gold/x"}
    same = Settings(pixlake, tmp_path / "same", source, **twice)
    assert "s3://gold/x" in pixlake("run", "--config", same, env=three_buckets, status=2).stderr
    assert not client.Names("s3://bronze/b")


def test_a_raw_zone_of_another_name_is_the_home(pixlake, three_buckets, tmp_path):
    source = Mixed(tmp_path / "in", 3)
    here = {"processed_path": str(tmp_path / "silver"), "curated_path": str(tmp_path / "gold")}
    file = Settings(pixlake, tmp_path / "settings", source, raw_path="s3://bronze/originals", **here)
    pixlake("run", "--config", file, env=three_buckets, status=3)
    names = S3Client(three_buckets).Names("s3://bronze/originals/")
    assert "originals/_pixlake/lake.json" in names
    assert any(name.startswith("originals/images/_delta_log/") for name in names)
    assert Table({}, str(tmp_path), "gold.ml_ready")
    query = "SELECT count(*) AS n FROM curated.ml_ready"
    found = pixlake("sql", query, "--lake", "s3://bronze/originals", "--format", "csv", env=three_buckets).stdout
    assert found == "n\n3\n"


def test_zones_of_a_lake_on_disks_may_lie_apart(pixlake, tmp_path):
    source = Mixed(tmp_path / "in", 3)
    roots = {
        "raw_path": str(tmp_path / "a" / "raw"),
        "processed_path": str(tmp_path / "b"),
        "curated_path": str(tmp_path / "c"),
    }
    file = Settings(pixlake, tmp_path / "settings", source, **roots)
    pixlake("run", "--config", file, status=3)
    assert len(Table({}, str(tmp_path), "a.raw.images")) == 3
    assert Table({}, str(tmp_path), "c.ml_ready") and Table({}, str(tmp_path), "b.features")
    assert "stays" in pixlake("sql", "DROP TABLE raw.images", "--lake", tmp_path / "a", status=2).stderr
