"""What lists of places come with: quotes, line numbers, other columns, URLs as people write them."""

from __future__ import annotations

import base64
import csv
import gzip
import json
import sqlite3
import zlib

import pytest
from http_hosts import Host
from ingest_lake import Places, Png, Rows

QUICK = ["--connect-timeout", "2", "--stall-timeout", "2", "--request-timeout", "5", "--attempts", "1", "--json"]
OPEN = ["--allow-private", "--ignore-robots", *QUICK]


def Described(pixlake, listed, tmp_path, *options, status=0):
    """(urls described, failures as {url: message}) of one run of `pixlake metadata`."""
    base = tmp_path / "out.db"
    base.unlink(missing_ok=True)
    command = ["metadata", listed, "--success", f"sqlite:{base}?table=done", "--failure", f"sqlite:{base}?table=failed"]
    pixlake(*command, *options, "--json", status=status)
    with sqlite3.connect(base) as rows:
        done = [json.loads(row[0]) for row in rows.execute("SELECT document FROM done ORDER BY url")]
        failed = list(rows.execute("SELECT url, code, message FROM failed"))
    return {row["url"]: row for row in done}, {url: {"code": code, "message": text} for url, code, text in failed}


@pytest.fixture
def images(tmp_path):
    for i in range(6):
        (tmp_path / f"{i}.png").write_bytes(Png(seed=i))
    return tmp_path


OPEN_QUOTES = [("plain", 0), ('"The end of the road', 1), ("another", 2), ('closing" here', 3), ("last", 4)]


def test_quotes_in_tabs_are_letters_unless_told_otherwise(pixlake, images, tmp_path):
    listed = tmp_path / "list.tsv"
    listed.write_text("caption\turl\n" + "".join(f"{text}\t{images}/{i}.png\n" for text, i in OPEN_QUOTES))
    done, failed = Described(pixlake, listed, tmp_path)
    judge = [row["url"] for row in csv.DictReader(listed.open(), delimiter="\t", quoting=csv.QUOTE_NONE)]
    assert (sorted(done), failed) == (sorted(judge), {})
    lake = tmp_path / "lake"
    report = pixlake("ingest", listed, "--url-column", "url", "--lake", lake, "--json").json
    assert report["images"] == 5
    captions = sorted(json.loads(row["attributes"])["caption"] for row in Rows(lake, "raw.sources"))
    assert captions == sorted(text for text, _ in OPEN_QUOTES)


def test_a_quote_that_nothing_closes_costs_its_own_line_alone(pixlake, images, tmp_path):
    listed = tmp_path / "list.csv"
    rows = "".join(f"{text},{images}/{i}.png\n" for text, i in OPEN_QUOTES)
    listed.write_text("caption,url\n" + rows)
    done, failed = Described(pixlake, listed, tmp_path, status=3)
    assert sorted(done) == [f"{images}/{i}.png" for i in (0, 2, 3, 4)]
    ((line, failure),) = failed.items()
    assert line.startswith('"The end') and "line 3" in failure["message"] and "--quote none" in failure["message"]
    done, failed = Described(pixlake, listed, tmp_path, "--quote", "none")
    assert (len(done), failed) == (5, {})
    # To the end of the file, and a quoted value with line breaks, which is one.
    listed.write_text(f'caption,url\n"a\n""b""",{images}/0.png\n"open,{images}/1.png\nx,{images}/2.png\n')
    done, failed = Described(pixlake, listed, tmp_path, status=3)
    assert sorted(done) == [f"{images}/0.png", f"{images}/2.png"]
    assert "line 4" in next(iter(failed.values()))["message"]
    quoted = tmp_path / "quoted.tsv"
    quoted.write_text(f'"caption"\t"url"\n"a\tb"\t"{images}/0.png"\n')
    assert "--quote csv" in pixlake("metadata", quoted, "--success", tmp_path / "s", "--failure", tmp_path / "f",
                                    status=2).stderr  # fmt: skip
    assert list(Described(pixlake, quoted, tmp_path, "--quote", "csv")[0]) == [f"{images}/0.png"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_an_editor_does(pixlake, images, tmp_path, end):
    listed = tmp_path / "list.csv"
    lines = ["", "url,caption", f"{images}/0.png,one,", "", f'{images}/1.png,"two', 'lines"', "c.png", "d.png,1,2"]
    listed.write_bytes(end.join(lines).encode())
    done, failed = Described(pixlake, listed, tmp_path, status=3)
    assert list(done) == [f"{images}/1.png"]
    assert sorted(row["message"].split(": ", 1)[1].split(" has")[0] for row in failed.values()) == [
        "line 3",
        "line 7",
        "line 8",
    ]


def test_other_columns_are_kept_and_one_may_be_the_label(pixlake, images, tmp_path):
    lake, listed = tmp_path / "lake", tmp_path / "list.csv"
    listed.write_text(f'id,url,class,text\n1,{images}/0.png,cat,"a ""b"", c"\n2,{images}/1.png,,ü\n')
    command = ["ingest", listed, "--url-column", "url", "--label-column", "class", "--lake", lake, "--json"]
    assert pixlake(*command).json["images"] == 2
    places = {uri[-5:]: row for uri, row in Places(lake).items()}
    assert [places[name]["label"] for name in ("0.png", "1.png")] == ["cat", None]
    assert json.loads(places["0.png"]["attributes"]) == {"id": "1", "class": "cat", "text": 'a "b", c'}
    assert json.loads(places["1.png"]["attributes"]) == {"id": "2", "class": "", "text": "ü"}
    assert pixlake(*command).json["batches"] == 0
    wrong = pixlake("ingest", listed, "--url-column", "url", "--label-column", "clas", "--lake", lake, status=2)
    assert "'class'" in wrong.stderr


def test_urls_as_people_write_them(pixlake, tmp_path):
    image, other = Png(seed=1), Png(seed=2)
    with Host({"/ok.png": image, "/a%20b.png": other}) as host:
        seen = []
        host.special["/q.png"] = lambda handler, count: (seen.append(handler.path), handler.Send(200, Png(seed=3)))
        port = host.server_address[1]
        (tmp_path / "local.png").write_bytes(Png(seed=4))
        data = "data:image/png;base64," + base64.b64encode(Png(seed=5)).decode()
        urls = [
            f"HTTP://127.0.0.1:{port}/ok.png",
            f"Http://127.0.0.1:{port}/ok.png?2",
            f"http://bücher.localhost:{port}/ok.png",
            f"http://b%C3%BCcher.localhost:{port}/ok.png",
            f"http://127.0.0.1:{port}/a b.png",
            f"http://127.0.0.1:{port}/q.png?q=a b+c",
            f"FILE://{tmp_path}/local.png",
            data,
        ]
        listed = tmp_path / "list.tsv"
        listed.write_text("url\tn\n" + "".join(f"{url}\t{n}\n" for n, url in enumerate(urls)))
        done, failed = Described(pixlake, listed, tmp_path, *OPEN)
        assert failed == {} and set(done) == set(urls)
        assert seen == ["/q.png?q=a%20b+c"]
        lake = tmp_path / "lake"
        report = pixlake("ingest", listed, "--url-column", "url", "--lake", lake, *OPEN).json
        assert (report["images"], report["duplicates"], report["quarantined"]) == (5, 3, 0)
        assert report["binary"] == 0
        again = pixlake("ingest", listed, "--url-column", "url", "--lake", lake, *OPEN).json
        assert (again["batches"], again["unchanged"]) == (0, 8)
        one = pixlake("ingest", f"HTTP://127.0.0.1:{port}/ok.png", "--lake", tmp_path / "one", *OPEN).json
        assert one["images"] == 1


def test_data_uris_of_all_sizes_and_broken_ones(pixlake, tmp_path):
    large = Png(200, 200, seed=7)
    uris = [
        "data:image/png;base64," + base64.b64encode(large).decode(),
        "data:image/png;base64,###",
        "data:image/png;base64",
    ]
    listed, lake = tmp_path / "list.tsv", tmp_path / "lake"
    listed.write_text("url\tn\n" + "".join(f"{uri}\t1\n" for uri in uris))
    report = pixlake("ingest", listed, "--url-column", "url", "--lake", lake, "--json", status=3).json
    assert (report["images"], report["quarantined"]) == (1, 2)
    assert all(len(uri) < 2000 for uri in Places(lake))
    assert pixlake("ingest", listed, "--url-column", "url", "--lake", lake, "--json", status=3).json["unchanged"] == 1
    bound = pixlake("ingest", listed, "--url-column", "url", "--lake", tmp_path / "two", "--max-bytes", "1KB",
                    "--json", status=3).json  # fmt: skip
    assert bound["images"] == 0 and bound["verdicts"]["bomb"] == 1


def Coded(body, coding, kind="image/png"):
    return lambda handler, count: handler.Send(200, body, kind, [("Content-Encoding", coding)])


def test_coded_bodies_are_decoded_within_bounds(pixlake, tmp_path):
    raw = zlib.compressobj(wbits=-15)
    deflated = raw.compress(Png(seed=4)) + raw.flush()
    with Host() as host:
        host.special = {
            "/gzip.png": Coded(gzip.compress(Png(seed=1)), "gzip"),
            "/x-gzip.png": Coded(gzip.compress(Png(seed=2)), "X-GZip"),
            "/deflate.png": Coded(zlib.compress(Png(seed=3)), "deflate"),
            "/raw.png": Coded(deflated, "deflate"),
            "/both.png": Coded(gzip.compress(zlib.compress(Png(seed=5))), "deflate, gzip"),
            # Said and not so, and in a way nobody knows: as it came.
            "/lies.png": Coded(Png(seed=6), "gzip"),
            "/unknown.png": Coded(Png(seed=7), "binary"),
            "/identity.png": Coded(Png(seed=8), "identity"),
            "/bomb.png": Coded(gzip.compress(bytes(64 << 20)), "gzip"),
            "/damaged.png": Coded(gzip.compress(Png(seed=9))[:20] + b"\xff" * 40, "gzip"),
        }
        good = [path for path in host.special if path not in ("/bomb.png", "/damaged.png")]
        listed, lake = tmp_path / "list.csv", tmp_path / "lake"
        listed.write_text("url\n" + "".join(f"{host.url}{path}\n" for path in host.special))
        command = ["--max-bytes", "8MB", *OPEN]
        done, failed = Described(pixlake, listed, tmp_path, *command, status=3)
        assert set(done) == {host.url + path for path in good}
        assert failed[host.url + "/bomb.png"]["code"] == "over_budget"
        assert failed[host.url + "/damaged.png"]["code"] == "corrupt"
        report = pixlake("ingest", listed, "--url-column", "url", "--lake", lake, *command, status=3).json
        assert (report["images"], report["quarantined"]) == (8, 2)
        contents = {row["content"] for row in Rows(lake, "raw.images", ["content"])}
        assert contents == {Png(seed=i) for i in range(1, 9)}
