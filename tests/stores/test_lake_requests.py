"""What a lake in S3 costs in requests: docs/stores.md has the table, this keeps it true."""

import json

import pytest
import services
from http_proxy import Proxy
from lake_in_store import Picture


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    with services.S3(tmp_path_factory.mktemp("s3")) as environment:
        proxy = Proxy(environment["AWS_ENDPOINT_URL"])
        yield proxy, {**environment, "AWS_ENDPOINT_URL": proxy.url}
        proxy.Close()


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    for i in range(500):
        Picture(folder / f"{i}.png", i, (16, 12))
    return folder


def Counted(proxy, work):
    """(puts and lists, gets and heads): what S3 has two prices for; deletes are free."""
    proxy.Reset()
    result = work()
    kinds = proxy.Count()
    return (kinds["PUT"] + kinds["POST"] + kinds["LIST"], kinds["GET"] + kinds["HEAD"]), result


@pytest.mark.full
@pytest.mark.stores
def test_requests_do_not_grow_with_images(pixlake, proxied, images, tmp_path, monkeypatch):
    proxy, environment = proxied
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lake = "s3://bucket/counted"
    counts = {}
    counts["init"], _ = Counted(proxy, lambda: pixlake("init", lake, env=environment))
    counts["ingest 500"], taken = Counted(
        proxy, lambda: pixlake("ingest", images, "--lake", lake, "--json", env=environment).json
    )
    assert taken["images"] == 500
    counts["ingest nothing new"], again = Counted(
        proxy, lambda: pixlake("ingest", images, "--lake", lake, "--json", env=environment).json
    )
    assert (again["images"], again["batches"]) == (0, 0)
    query = "SELECT id FROM raw.images ORDER BY id LIMIT 3"
    counts["query"], rows = Counted(
        proxy, lambda: pixlake("sql", query, "--lake", lake, "--format", "json", env=environment).stdout
    )
    ids = [row["id"] for row in json.loads(rows)]
    counts["first cat"], _ = Counted(
        proxy, lambda: pixlake("cat", "raw.images", ids[0], "--lake", lake, env=environment)
    )
    counts["cat"], _ = Counted(proxy, lambda: pixlake("cat", "raw.images", ids[1], "--lake", lake, env=environment))
    counts["run"], _ = Counted(proxy, lambda: pixlake("run", "--lake", lake, env=environment))
    counts["run nothing new"], _ = Counted(proxy, lambda: pixlake("run", "--lake", lake, env=environment))
    print("\n".join(f"{name}: {count}" for name, count in counts.items()))
    for name, (changes, reads) in counts.items():
        assert changes <= MOST[name][0], (name, counts)
        assert reads <= MOST[name][1], (name, counts)


# At most, as (puts and lists, gets and heads).
MOST = {
    "init": (30, 45),
    "ingest 500": (28, 50),
    "ingest nothing new": (11, 38),
    "query": (10, 14),
    "first cat": (4, 20),
    "cat": (2, 13),
    "run": (210, 580),
    "run nothing new": (55, 165),
}
