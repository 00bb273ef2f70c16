"""Other people's lists, archives and IDX files that broke an earlier version (../shared/reports)."""

from __future__ import annotations

import gzip
import os
import re
import sqlite3
import zlib
from pathlib import Path

import pytest
from conftest import ROOT
from http_hosts import Host
from ingest_lake import Places, Png, Rows

REPORTS = Path(os.environ.get("PIXLAKE_REPORTS", ROOT.parent / "shared/reports"))
QUICK = ["--connect-timeout", "2", "--request-timeout", "5", "--attempts", "1"]
OPEN = ["--allow-private", "--ignore-robots", *QUICK]


@pytest.fixture
def reports() -> Path:
    if not (REPORTS / "images").is_dir():
        pytest.skip(f"NO REPORTS: {REPORTS} is not there; set PIXLAKE_REPORTS to run this test")
    return REPORTS / "images"


def Ingest(pixlake, lake, *arguments, status=0, cwd=None):
    return pixlake("ingest", *arguments, "--lake", lake, "--json", status=status, cwd=cwd).json


def Members(lake) -> dict[str, dict]:
    return {uri.split("#", 1)[1]: row for uri, row in Places(lake).items() if "#" in uri}


def Described(pixlake, listed, tmp_path, *options, status=0, cwd=None):
    base = tmp_path / "out.db"
    base.unlink(missing_ok=True)
    outs = ["--success", f"sqlite:{base}?table=done", "--failure", f"sqlite:{base}?table=failed", "--json"]
    pixlake("metadata", listed, *outs, *options, status=status, cwd=cwd)
    with sqlite3.connect(base) as rows:
        done = {row[0] for row in rows.execute("SELECT url FROM done")}
        failed = [row[0] for row in rows.execute("SELECT message FROM failed")]
    return done, failed


def Here(listed: Path, host: Host, tmp_path: Path) -> Path:
    """The list with the port of our server."""
    copy = tmp_path / "list.csv"
    copy.write_text(re.sub(r":\d{5}/", f":{host.server_address[1]}/", listed.read_text()))
    return copy


def test_quotes_between_tabs(pixlake, reports, tmp_path):
    folder = reports / "tsv-unbalanced-quote"
    for name, rows in (("quote_open.tsv", 5), ("quote_open_eof.tsv", 4)):
        done, failed = Described(pixlake, folder / name, tmp_path, cwd=folder)
        assert (len(done), failed) == (rows, [])


def test_line_numbers(pixlake, reports, tmp_path):
    _, failed = Described(pixlake, reports / "list-line-numbers/ragged.csv", tmp_path, status=3)
    assert sorted(re.search(r"line \d", message)[0] for message in failed if "line" in message) == ["line 2", "line 4"]


@pytest.mark.parametrize("folder", ["url-scheme-case", "url-idn-host"])
def test_urls(pixlake, reports, tmp_path, folder):
    with Host({"/ok.png": Png(), "/ok/i.png": Png()}) as host:
        listed = Here(reports / folder / "list.csv", host, tmp_path)
        urls = [line for line in listed.read_text().split()[1:] if not line.startswith("FILE")]
        done, failed = Described(pixlake, listed, tmp_path, *OPEN, status=None)
        assert done == set(urls)
        assert all("hostname" in message or "bytes say" in message or "text" in message for message in failed), failed


def test_content_encodings(pixlake, reports, tmp_path):
    with Host({"/ok.png": Png()}) as host:
        for path, coding, body in (
            ("/gz.png", "gzip", gzip.compress(Png())),
            ("/xgz.png", "x-gzip", gzip.compress(Png())),
            ("/deflate.png", "deflate", zlib.compress(Png())),
        ):
            host.special[path] = lambda handler, count, coding=coding, body=body: handler.Send(
                200, body, "image/png", [("Content-Encoding", coding)]
            )
        listed = Here(reports / "http-content-encoding/list.csv", host, tmp_path)
        done, failed = Described(pixlake, listed, tmp_path, *OPEN)
        assert (len(done), failed) == (4, [])


def test_gzip_with_a_tail(pixlake, reports, tmp_path):
    folder = reports / "gz-trailing-zeros"
    report = Ingest(pixlake, tmp_path / "lake", folder / "idx")
    assert (report["images"] + report["duplicates"], report["quarantined"]) == (4, 0)
    assert all(row["label"] for row in Members(tmp_path / "lake").values())
    outs = ["--success", tmp_path / "s", "--failure", tmp_path / "f", "--json"]
    assert pixlake("metadata", folder / "gzjunk.csv.gz", *outs, status=None).json["listed"] == 1


def test_qmnist(pixlake, reports, tmp_path):
    Ingest(pixlake, tmp_path / "lake", reports / "idx-qmnist-labels/qmnist")
    found = Members(tmp_path / "lake")
    assert [found[str(i)]["label"] for i in range(4)] == ["7", "2", "1", "0"]


@pytest.mark.parametrize(("name", "members"), [
    ("test_compat_plexus_archiver_tar.tar", 1), ("v_eof_then_junk.tar", 2), ("v_eof_then_text.tar", 2),
])  # fmt: skip
def test_bytes_behind_a_tars_end(pixlake, reports, tmp_path, name, members):
    report = Ingest(pixlake, tmp_path / "lake", reports / "tar-after-end-marker" / name)
    assert (len(Members(tmp_path / "lake")), report["quarantined"]) == (members, 0)
    assert "end marker" in report["notes"][0]


@pytest.mark.parametrize("name", ["t_hardlink.tar", "test_compat_tar_hardlink_1.tar"])
def test_hard_links(pixlake, reports, tmp_path, name):
    # The one of libarchive's has no end marker, which stays a word about the archive itself.
    Ingest(pixlake, tmp_path / "lake", reports / "tar-hardlink" / name, "--label-from-folder", status=None)
    found = Members(tmp_path / "lake")
    assert len({row["id"] for row in found.values()}) < len(found)
    assert all(row["id"] for row in found.values())
    if name.startswith("t_"):
        assert found["copy/a.png"]["label"] == "copy"


@pytest.mark.parametrize("name", ["w_avif.tar", "w_img.tar"])
def test_labels_of_samples(pixlake, reports, tmp_path, name):
    Ingest(pixlake, tmp_path / "lake", reports / "webdataset-label-by-extension" / name, status=None)
    found = Members(tmp_path / "lake")
    images = {member: row for member, row in found.items() if not member.endswith((".cls", ".json"))}
    assert images and all(row["label"] for row in images.values())
    assert found[min(images)]["label"] == "5"


@pytest.mark.parametrize(("name", "members"), [
    ("test_read_format_zip_padded1.zip", {"file0", "file1"}), ("test_read_format_zip_sfx", {"file0", "build.sh"}),
    ("z_pk78.zip", {"a.png", "b/c.png"}), ("z_prefix_abs.zip", {"a.png", "b/c.png"}),
    ("z_prefix_rel.zip", {"a.png", "b/c.png"}),
])  # fmt: skip
def test_zips_behind_other_bytes(pixlake, reports, tmp_path, name, members):
    report = Ingest(pixlake, tmp_path / "lake", reports / "zip-prefix" / name)
    assert set(Members(tmp_path / "lake")) == members and report["quarantined"] == 0


def test_a_limit_is_named_with_its_option(pixlake, reports, tmp_path):
    report = Ingest(pixlake, tmp_path / "lake", reports / "bomb-advice-without-option/sparse-large.tar", status=3)
    assert report["verdicts"] == {"bomb": 1}
    (row,) = Rows(tmp_path / "lake", "raw.quarantine")
    options = re.findall(r"--max-[a-z]+", row["message"])
    assert options and all(option in pixlake("ingest", "--help").stdout for option in options)
