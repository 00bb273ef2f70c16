"""The PostgreSQL sink against a real server, also one that goes away in the middle."""

import json
import os
import tempfile
import time
from pathlib import Path

import psycopg2
import pytest
import services
from http_hosts import Host
from PIL import Image


@pytest.fixture(scope="module")
def postgres():
    if services.PostgresBinaries() is None:
        pytest.skip("NO POSTGRESQL: Debian's postgresql is not installed")
    with tempfile.TemporaryDirectory(prefix="pixlake-postgres-") as folder, services.Postgres(Path(folder)) as server:
        yield server


def Rows(server, query):
    connection = psycopg2.connect(server.url)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()
    finally:
        connection.close()


def Command(listed, server, name):
    outputs = ["--success", f"{server.url}?table={name}_good", "--failure", f"{server.url}?table={name}_bad"]
    return ["metadata", listed, "--json", *outputs]


def test_rows_are_typed_and_written_once(pixlake, postgres, tmp_path):
    image = Image.new("RGB", (12, 8))
    exif = image.getexif()
    exif[0x010F] = 'Ca"n\\on, {x}'
    exif.get_ifd(0x8825).update({1: "S", 2: (33.0, 30.0, 0.0), 3: "E", 4: (151.0, 0.0, 0.0)})
    urls = []
    for i in range(2500):
        urls.append(tmp_path / f"ä '{i}'.jpg")
        if i == 0:
            image.save(urls[0], exif=exif)
        else:
            os.link(urls[0], urls[i])
    nul = tmp_path / "nul.png"
    Image.new("L", (3, 3)).save(nul)
    listed = tmp_path / "list.csv"
    listed.write_text("url\n" + "".join(f'"{url}"\n' for url in [*urls, nul, tmp_path / "late.jpg"]))
    first = pixlake(*Command(listed, postgres, "typed"), status=3).json
    assert (first["succeeded"], first["failed"]) == (2501, 1)
    query = "SELECT url, width, latitude, document->'exif'->'IFD0'->>'Make' FROM typed_good WHERE format = 'JPEG'"
    rows = Rows(postgres, query)
    assert {row[0] for row in rows} == set(map(str, urls))
    assert {row[1:] for row in rows} == {(12, -33.5, 'Ca"n\\on, {x}')}
    assert Rows(postgres, "SELECT code, attempts FROM typed_bad") == [("not_found", 1)]
    os.link(urls[0], tmp_path / "late.jpg")
    again = pixlake(*Command(listed, postgres, "typed")).json
    assert (again["succeeded"], again["done_before"]) == (1, 2501)
    assert Rows(postgres, "SELECT count(*), count(DISTINCT url) FROM typed_good") == [(2502, 2502)]
    assert Rows(postgres, "SELECT count(*) FROM typed_bad") == [(0,)]


def test_a_database_that_goes_away_is_said_and_a_second_run_finishes(pixlake, postgres, tmp_path):
    photo = tmp_path / "a.jpg"
    Image.new("RGB", (12, 8)).save(photo)
    with Host({f"/{i}.jpg": photo.read_bytes() for i in range(2000)}, latency=0.02) as host:
        listed = tmp_path / "list.csv"
        listed.write_text("url\n" + "".join(f"{host.url}{path}\n" for path in host.files))
        command = [*Command(listed, postgres, "away"), "--allow-private", "--ignore-robots", "--per-host", "16"]
        process = pixlake.Start(*command)
        while sum(host.asked.values()) < 1100:
            time.sleep(0.01)
        postgres.Stop()
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 1, stderr
        assert json.loads(stdout)["error"]["code"] == "io"
        assert "PostgreSQL" in stderr
        assert "run again" in stderr
        postgres.Start()
        kept = Rows(postgres, "SELECT count(*) FROM away_good")[0][0]
        outcome = pixlake(*command).json
        assert outcome["done_before"] == kept
        assert outcome["succeeded"] == 2000 - kept
    assert Rows(postgres, "SELECT count(*), count(DISTINCT url) FROM away_good") == [(2000, 2000)]


def test_wrong_databases_are_said_without_the_password(pixlake, postgres, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text("url\na.jpg\n")
    uri = f"postgresql://tester:geheim@127.0.0.1:{postgres.port}/no_such_database"
    outcome = pixlake("metadata", listed, "--success", uri, "--failure", tmp_path / "bad", status=1)
    assert "no_such_database" in outcome.stderr
    assert "geheim" not in outcome.stderr
    Rows(postgres, "SELECT 1")
    connection = psycopg2.connect(postgres.url)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE other (n integer)")
    connection.close()
    other = ["--success", f"{postgres.url}?table=other", "--failure", tmp_path / "bad"]
    assert "another shape" in pixlake("metadata", listed, *other, status=1).stderr
