"""A lake written by the first release is one for us; what a newer one would write is refused or left alone."""

import json
import shutil
import tarfile
from pathlib import Path

import deltalake
import pytest
from conftest import ROOT

ARCHIVE = ROOT / "tests/data/lake-0.1.0.tar.xz"


@pytest.fixture
def old(tmp_path) -> Path:
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path


def Column(lake, table, column):
    return deltalake.DeltaTable(str(lake / "raw" / table)).to_pyarrow_table(columns=[column])[column].to_pylist()


def Manifest(lake) -> Path:
    (manifest,) = (lake / "_pixlake/batches").glob("*.json")
    return manifest


def test_its_waiting_batch_is_finished_and_nothing_is_lost(pixlake, old):
    lake, photos = old / "lake", old / "photos"
    assert sorted(Column(lake, "images", "filename")) == ["one.png", "three.webp", "two.jpg"]
    report = pixlake("ingest", photos, "--lake", lake, "--json", status=None).json
    assert report["replayed_batches"] == 1
    assert sorted(Column(lake, "images", "filename")) == ["late.png", "one.png", "three.webp", "two.jpg"]
    assert sorted(Column(lake, "quarantine", "filename")) == ["cut.png", "late.gif"]
    # The same photographs are elsewhere now: their contents are known, their places are new.
    assert report["images"] == 0
    assert not list((lake / "_pixlake/batches").glob("*.json"))
    for name in ("cats/two.jpg", "three.webp", "late.png"):
        path = photos / name
        query = f"SELECT id FROM raw.images WHERE filename = '{path.name}'"
        identity = pixlake("sql", query, "--lake", lake, "--format", "csv").stdout.split()[1]
        assert pixlake("cat", "raw.images", identity, "--lake", lake).raw == path.read_bytes()
    assert pixlake("table", "check", lake / "raw/images", "--json").json["problems"] == []
    assert pixlake("ingest", photos, "--lake", lake, "--json", status=None).json["batches"] == 0


def test_its_table_of_metadata_gets_the_columns_of_today(pixlake, old):
    lake = old / "lake"
    before = set(deltalake.DeltaTable(str(lake / "raw/metadata")).schema().to_arrow().names)
    assert "document" in before and not before & {"make", "taken_at", "keywords"}
    pixlake("metadata", "raw.images", "--success", "raw.metadata", "--lake", lake)
    after = deltalake.DeltaTable(str(lake / "raw/metadata")).to_pyarrow_table()
    assert before < set(after.schema.names)
    assert {"make", "taken_at", "exposure_s", "iso", "keywords"} < set(after.schema.names)
    assert after.num_rows > 0
    pixlake("table", "check", lake / "raw/metadata")


def test_its_index_is_used_as_it_is(pixlake, old):
    lake = old / "lake"
    runs = {run: run.read_bytes() for run in (lake / "raw/images/_pixlake/ids").glob("*.run")}
    assert runs
    identity = Column(lake, "images", "id")[0]
    pixlake("cat", "raw.images", identity, "--lake", lake)
    for run, content in runs.items():
        assert run.read_bytes() == content


def test_a_newer_manifest_is_refused_and_kept(pixlake, old):
    lake = old / "lake"
    manifest = Manifest(lake)
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "pixlake_batch": 99}))
    refused = pixlake("ingest", old / "photos", "--lake", lake, status=1)
    assert "version 99, of a newer pixlake" in refused.stderr
    assert manifest.exists()


def test_a_newer_run_of_the_index_stays_and_ours_goes_beside_it(pixlake, old):
    lake = old / "lake"
    (run,) = (lake / "raw/images/_pixlake/ids").glob("*.run")
    content = bytearray(run.read_bytes())
    content[6] = content[-2] = ord("9")
    run.unlink()
    run.write_bytes(content)
    identity = Column(lake, "images", "id")[0]
    assert len(pixlake("cat", "raw.images", identity, "--lake", lake).raw) > 50
    assert run.read_bytes() == bytes(content)


def test_a_newer_lake_or_table_is_refused(pixlake, old):
    lake = old / "lake"
    newer = old / "newer"
    shutil.copytree(lake, newer)
    marker = newer / "_pixlake/lake.json"
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "pixlake_lake": 3}))
    assert "lake of version 3" in pixlake("ingest", old / "photos", "--lake", newer, status=1).stderr
    pixlake("sql", "ALTER TABLE raw.quarantine SET TBLPROPERTIES ('pixlake.tableVersion' = '2')", "--lake", lake)
    assert "tables up to version 1" in pixlake("ingest", old / "photos", "--lake", lake, status=1).stderr
