"""Who may write to a lake in a store: killed, paused and racing processes, at every request that changes it.

A proxy before moto ends or stops a process just before one of its requests is passed on, or just after; a
request that is held while somebody else takes the work over arrives as late as a network can make it."""

import re
import signal
import threading

import pytest
import services
from http_proxy import CHANGES, Proxy
from lake_in_store import (
    MADE,
    STARTED,
    AssertEachOnce,
    End,
    Kill,
    Lasting,
    Picture,
    S3Client,
    Start,
    Table,
    WaitUntil,
)

TTL = {"PIXLAKE_LEASE_TTL_MS": "600"}


@pytest.fixture(scope="module")
def proxied(tmp_path_factory):
    with services.S3(tmp_path_factory.mktemp("s3")) as environment:
        proxy = Proxy(environment["AWS_ENDPOINT_URL"])
        yield proxy, environment, {**environment, **TTL, "AWS_ENDPOINT_URL": proxy.url}
        proxy.Close()


@pytest.fixture(autouse=True)
def nobody_stays():
    """Processes that a failed test left stopped are not left to the machine."""
    yield
    for process in STARTED:
        if process.poll() is None:
            process.kill()
            process.communicate()
    STARTED.clear()


class At:
    """Calls `what` at the n-th request of a process that changes something, before or after it was passed on."""

    def __init__(self, n, what):
        self.left = n
        self.what = what
        self.lock = threading.Lock()
        self.request = None

    def __call__(self, method, path):
        if method not in CHANGES or "/leases/" in path and path.endswith(".beat"):
            return
        with self.lock:
            self.left -= 1
            hit = self.left == 0
        if hit:
            self.request = (method, path)
            self.what()


def Changes(proxy):
    return sum(1 for method, path in proxy.requests if method in CHANGES and not path.endswith(".beat"))


def Copy(environment, source, target):
    """Another lake as this one is."""
    client = S3Client(environment)
    for name in client.Names(source + "/"):
        key = target.split("/", 3)[3] + name.removeprefix(source.split("/", 3)[3])
        client.client.copy_object(Bucket="bucket", Key=key, CopySource={"Bucket": "bucket", "Key": name})


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    folder = tmp_path_factory.mktemp("few")
    for name, first in (("a", 0), ("b", 100), ("more", 200)):
        for i in range(first, first + 4):
            Picture(folder / name / f"{i}.png", i)
        # In both: who decides that it is new must know of the other.
        Picture(folder / name / "same.png", 999)
        (folder / name / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more %d" % first)
    return folder


def IngestRequests(pixlake, proxied, few, root):
    """A lake that is made and empty, and how many requests of an ingest into a copy of it change something."""
    proxy, direct, environment = proxied
    pixlake("init", f"{root}/empty", env=direct)
    Copy(direct, f"{root}/empty", f"{root}/counted")
    proxy.Reset()
    pixlake("ingest", few / "a", "--lake", f"{root}/counted", env=environment, status=3)
    return Changes(proxy)


@pytest.mark.full
def test_two_ingesting_at_once_take_turns(pixlake, proxied, few):
    _, direct, environment = proxied
    lake = "s3://bucket/at-once"
    processes = [Start(pixlake, environment, "ingest", few / name, "--lake", lake) for name in ("a", "b", "a", "b")]
    for process in processes:
        status, _, err = End(process)
        assert status in (0, 3), err
    AssertEachOnce(direct, lake, [few / "a", few / "b"])


@pytest.mark.full
def test_a_lease_is_renewed_while_work_goes_on(pixlake, proxied, few):
    """A run much longer than the ttl keeps a waiter waiting."""
    proxy, direct, environment = proxied
    lake = "s3://bucket/renewed"
    pixlake("init", lake, env=direct)
    proxy.Reset()
    holding = threading.Event()
    go_on = threading.Event()

    def Hold(method, path):
        if method == "PUT" and "/raw/images/" in path and not holding.is_set():
            holding.set()
            go_on.wait(30)

    proxy.hook = Hold
    first = Start(pixlake, environment, "ingest", few / "a", "--lake", lake)
    assert holding.wait(30)
    second = Start(pixlake, environment, "ingest", few / "b", "--lake", lake)
    with pytest.raises(Exception, match="timed out"):
        second.communicate(timeout=4)  # seven times the ttl
    go_on.set()
    assert End(first)[0] == 3
    status, _, err = End(second)
    assert status == 3 and "waiting" in err
    names = S3Client(direct).Names("s3://bucket/renewed/_pixlake/leases/ingest/")
    assert [name for name in names if name.endswith(".released")]
    AssertEachOnce(direct, lake, [few / "a", few / "b"])
    # Nobody was thought dead: no table has a commit of a fence.
    history = pixlake("table", "history", "raw.images", "--lake", lake, "--json", env=direct).json["history"]
    assert "LEASE" not in [entry["operation"] for entry in history]


@pytest.mark.full
@pytest.mark.stores
@pytest.mark.parametrize("passed_on", [False, True])
def test_an_ingest_killed_at_any_request_is_finished_by_the_next(pixlake, proxied, few, passed_on):
    proxy, direct, environment = proxied
    root = f"s3://bucket/killed-{passed_on}"
    # Every second one each way: to be killed after one is to be killed before the next.
    for n in range(1, IngestRequests(pixlake, proxied, few, root) + 1, 2):
        lake = f"{root}/{n}"
        Copy(direct, f"{root}/empty", lake)
        proxy.Reset()
        started = {}
        if passed_on:
            # By the time the next one is asked for, this one was done.
            hook = At(n + 1, lambda started=started: started["process"].kill())
        else:
            hook = At(n, lambda started=started: (started["process"].kill(), started["process"].wait()))
        proxy.hook = hook
        started["process"] = Start(pixlake, environment, "ingest", few / "a", "--lake", lake)
        End(started["process"])
        proxy.Reset()
        pixlake("ingest", few / "a", few / "b", "--lake", lake, env=environment, status=None)
        AssertEachOnce(direct, lake, [few / "a", few / "b"])
        assert not S3Client(direct).Names(f"{lake}/_pixlake/batches/"), (n, hook.request)


@pytest.mark.full
@pytest.mark.stores
@pytest.mark.parametrize("late", [False, True])
def test_who_is_paused_at_any_request_never_commits_beside_who_took_over(pixlake, proxied, few, late):
    """Stopped for longer than the ttl while another ingests. `late`: the very request it was stopped at
    arrives only when the other is done; else it arrived in time, and the next one is late."""
    proxy, direct, environment = proxied
    root = f"s3://bucket/paused-{late}"
    seen = set()
    for n in range(1, IngestRequests(pixlake, proxied, few, root) + 1, 1 if late else 2):
        lake = f"{root}/{n}"
        Copy(direct, f"{root}/empty", lake)
        proxy.Reset()
        stopped, go_on = threading.Event(), threading.Event()
        started = {}

        def Stop(stopped=stopped, go_on=go_on, started=started):
            proxy.hook = None
            started["process"].send_signal(signal.SIGSTOP)
            stopped.set()
            if late:
                go_on.wait(60)

        hook = At(n, Stop)
        proxy.hook = hook
        started["process"] = first = Start(pixlake, environment, "ingest", few / "a", "--lake", lake)
        WaitUntil(lambda stopped=stopped, first=first: stopped.is_set() or first.poll() is not None)
        if not stopped.is_set():
            End(first)
            continue
        second = pixlake("ingest", few / "b", "--lake", lake, env=environment, status=None)
        assert second.status in (0, 3), (hook.request, second.stderr)
        go_on.set()
        first.send_signal(signal.SIGCONT)
        status, _, err = End(first)
        assert status in (0, 1, 3), (hook.request, err)
        if status == 1:
            assert re.search("lease|took this piece of work over|took it over|epoch", err), (hook.request, err)
        seen.add(status)
        if status in (0, 3):
            # It says that it is done: then it is.
            AssertEachOnce(direct, lake, [few / "a", few / "b"])
        third = pixlake("ingest", few / "a", few / "b", "--lake", lake, env=environment, status=None)
        assert third.status in (0, 3), (hook.request, third.stderr)
        AssertEachOnce(direct, lake, [few / "a", few / "b"])
    # And on it goes.
    last = pixlake("ingest", few, "--lake", lake, "--json", env=environment, status=None)
    assert last.json["images"] == 4
    AssertEachOnce(direct, lake, [few])
    assert 1 in seen


def Run(pixlake, environment, lake, source):
    return pixlake("run", source, "--lake", lake, env=environment, status=None)


@pytest.mark.full
@pytest.mark.stores
def test_a_run_killed_at_any_request_ends_in_the_same_tables(pixlake, proxied, few, tmp_path):
    proxy, direct, environment = proxied
    root = "s3://bucket/run-killed"
    pixlake("ingest", few / "a", "--lake", f"{root}/base", env=direct, status=3)
    Copy(direct, f"{root}/base", f"{root}/whole")
    proxy.Reset()
    pixlake("run", "--lake", f"{root}/whole", env=environment)
    requests = Changes(proxy)
    expected = {name: Lasting(Table(direct, f"{root}/whole", name)) for name in MADE}
    for n in range(1, requests + 1, max(1, requests // 12)):
        lake = f"{root}/{n}"
        Copy(direct, f"{root}/base", lake)
        proxy.Reset()
        started = {}
        proxy.hook = At(n, lambda started=started: started["process"].kill())
        started["process"] = Start(pixlake, environment, "run", "--lake", lake)
        End(started["process"])
        proxy.Reset()
        pixlake("run", "--lake", lake, env=environment)
        for name, rows in expected.items():
            assert Lasting(Table(direct, lake, name)) == rows, (n, name)


@pytest.mark.full
@pytest.mark.stores
@pytest.mark.parametrize("late", [False, True])
def test_a_run_that_is_paused_never_commits_beside_who_took_over(pixlake, proxied, few, late):
    proxy, direct, environment = proxied
    root = f"s3://bucket/run-paused-{late}"
    pixlake("ingest", few / "a", "--lake", f"{root}/base", env=direct, status=3)
    Copy(direct, f"{root}/base", f"{root}/whole")
    proxy.Reset()
    pixlake("run", "--lake", f"{root}/whole", env=environment)
    requests = Changes(proxy)
    # What the tables are once both sources are in: the second run takes the other one in first.
    pixlake("run", few / "b", "--lake", f"{root}/whole", env=environment, status=3)
    expected = {name: Lasting(Table(direct, f"{root}/whole", name)) for name in MADE}
    for n in range(2, requests + 1, max(1, requests // 8)):
        lake = f"{root}/{n}"
        Copy(direct, f"{root}/base", lake)
        proxy.Reset()
        stopped, go_on = threading.Event(), threading.Event()
        started = {}

        def Stop(stopped=stopped, go_on=go_on, started=started):
            proxy.hook = None
            started["process"].send_signal(signal.SIGSTOP)
            stopped.set()
            if late:
                go_on.wait(60)

        proxy.hook = hook = At(n, Stop)
        started["process"] = first = Start(pixlake, environment, "run", "--lake", lake)
        WaitUntil(lambda stopped=stopped, first=first: stopped.is_set() or first.poll() is not None)
        if stopped.is_set():
            second = Run(pixlake, environment, lake, few / "b")
            assert second.status in (0, 3), (hook.request, second.stderr)
            go_on.set()
            first.send_signal(signal.SIGCONT)
        status, _, err = End(first)
        assert status in (0, 1), (hook.request, err)
        third = Run(pixlake, environment, lake, few / "b")
        assert third.status in (0, 3), (hook.request, third.stderr)
        for name, rows in expected.items():
            assert Lasting(Table(direct, lake, name)) == rows, (n, name, hook.request)


def test_what_killed_processes_left_on_this_machine_goes(pixlake, proxied, few, tmp_path, monkeypatch):
    proxy, direct, environment = proxied
    lake = "s3://bucket/left"
    (tmp_path / "tmp").mkdir()
    environment = {**environment, "TMPDIR": str(tmp_path / "tmp")}
    pixlake("init", lake, env=direct)
    proxy.Reset()
    held = threading.Event()
    proxy.hook = lambda method, path: held.set() if method == "PUT" and "/raw/" in path else None
    process = Start(pixlake, environment, "ingest", few / "a", "--lake", lake)
    assert held.wait(30)
    folders = list((tmp_path / "tmp").glob("pixlake-scratch-*/*"))
    if Kill(process):
        assert [folder for folder in folders if folder.exists()]
    proxy.Reset()
    pixlake("ingest", few / "a", "--lake", lake, env=environment, status=None)
    assert not list((tmp_path / "tmp").glob("pixlake-scratch-*/*"))
    AssertEachOnce(direct, lake, [few / "a"])
