"""`pixlake ingest` of lists, URLs and prefixes of stores into a lake."""

import hashlib
import json

import boto3
import pytest
import services
from http_hosts import Host
from test_metadata_urls import Jpeg

QUICK = ["--connect-timeout", "2", "--stall-timeout", "1", "--request-timeout", "4", "--attempts", "1", "--json"]


def Rows(pixlake, lake, query):
    text = pixlake("sql", query, "--lake", lake, "--format", "json").stdout
    return [json.loads(line) for line in text.splitlines()] if not text.startswith("[") else json.loads(text)


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    with services.S3(tmp_path_factory.mktemp("s3")) as environment:
        yield environment


def test_a_list_becomes_images_places_and_quarantine(pixlake, tmp_path):
    photos = {f"/{i}.jpg": Jpeg((12 + i, 8)) for i in range(50)}
    local = tmp_path / "local.jpg"
    local.write_bytes(Jpeg((99, 99)))
    lake = tmp_path / "lake"
    with Host(photos) as host:
        host.special["/page.jpg"] = lambda handler, count: handler.Send(200, b"<html>no</html>", "text/html")
        urls = [host.url + path for path in photos] + [host.url + "/0.jpg?again", str(local)]
        urls += [host.url + "/page.jpg", host.url + "/late.jpg"]
        listed = tmp_path / "list.csv"
        listed.write_text("n,address\n" + "".join(f"{i},{url}\n" for i, url in enumerate(urls)))
        command = ["ingest", listed, "--url-column", "address", "--lake", lake, "--allow-private", *QUICK]
        first = pixlake(*command, status=3).json
        assert (first["images"], first["duplicates"], first["quarantined"]) == (51, 1, 2)
        found = Rows(pixlake, lake, "SELECT id, source, metadata.width AS w FROM raw.images")
        ids = {row["id"]: row["w"] for row in found}
        assert ids == {hashlib.sha256(photo).hexdigest(): 12 + i for i, photo in enumerate(photos.values())} | {
            hashlib.sha256(local.read_bytes()).hexdigest(): 99
        }
        places = {row["uri"] for row in Rows(pixlake, lake, "SELECT uri FROM raw.sources WHERE id IS NOT NULL")}
        assert places == {*urls[:51], local.as_uri(), host.url + "/page.jpg"}
        host.asked.clear()
        host.files["/late.jpg"] = Jpeg((77, 7))
        second = pixlake(*command).json
        assert (second["images"], second["quarantined"]) == (1, 0)
        # What was no image may be one by now.
        assert host.asked == {"/robots.txt": 1, "/late.jpg": 1, "/page.jpg": 1}
        missing = pixlake("ingest", listed, "--url-column", "url", "--lake", tmp_path / "other", status=2)
        assert "there are: 'n', 'address'" in missing.stderr
        assert not (tmp_path / "other").exists()


def test_one_url_and_a_prefix_of_a_store(pixlake, s3, tmp_path):
    keys = {"aws_access_key_id": "test-key", "aws_secret_access_key": "test-secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=s3["AWS_ENDPOINT_URL"], **keys)
    for i in range(7):
        client.put_object(Bucket="bucket", Key=f"photos/{'ä b/' * (i % 2)}{i}.jpg", Body=Jpeg((12 + i, 8)))
    lake = tmp_path / "lake"
    command = ["ingest", "s3://bucket/photos", "--lake", lake, *QUICK]
    assert pixlake(*command, env=s3).json["images"] == 7
    again = pixlake(*command, env=s3).json
    assert (again["images"], again["unchanged"]) == (0, 7)
    client.put_object(Bucket="bucket", Key="photos/0.jpg", Body=Jpeg((200, 8)))
    assert pixlake(*command, env=s3).json["images"] == 1
    one = pixlake("ingest", "s3://bucket/photos/ä b/1.jpg", "--lake", tmp_path / "one", *QUICK, env=s3).json
    assert one["images"] == 1
    with Host({"/a.jpg": Jpeg((55, 5))}) as host:
        taken = pixlake("ingest", f"{host.url}/a.jpg", "--lake", lake, "--allow-private", *QUICK).json
        assert taken["images"] == 1
        refused = pixlake("ingest", f"{host.url}/a.jpg", "--lake", tmp_path / "two", *QUICK, status=3).json
        assert refused["verdicts"] == {"unreadable": 1}
    none = pixlake("ingest", "s3://bucket/none", "--lake", lake, env=s3, status=1)
    assert "neither an object nor a prefix" in none.stderr
    # A lake in the very prefix that is ingested takes nothing of itself.
    for images in (7, 0):
        inside = pixlake("ingest", "s3://bucket/photos", "--lake", "s3://bucket/photos/lake", "--json", env=s3).json
        assert (inside["images"], inside["binary"]) == (images, 0)
