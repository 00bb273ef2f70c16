"""`pixlake metadata` over HTTP, against a real server with every bad habit."""

import hashlib
import io
import json
import socket
import time

import pytest
from http_hosts import Host
from PIL import Image
from test_metadata_lists import Lines, WriteList

QUICK = ["--connect-timeout", "2", "--stall-timeout", "1", "--request-timeout", "4"]


def Jpeg(size=(12, 8), quality=75, noise=False):
    image = Image.effect_noise(size, 100).convert("RGB") if noise else Image.new("RGB", size, "red")
    exif = image.getexif()
    exif[0x010F] = "Canon"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif, quality=quality)
    return buffer.getvalue()


@pytest.fixture
def run(pixlake, tmp_path):
    def Run(urls, *options, status=None, private=True):
        listed = WriteList(tmp_path / "list.csv", urls)
        command = ["metadata", listed, "--json", "--success", tmp_path / "good", "--failure", tmp_path / "bad"]
        outcome = pixlake(*command, *QUICK, *(["--allow-private"] if private else []), *options, status=status)
        good = {row["url"]: row for row in Lines(tmp_path / "good")}
        bad = {row["url"]: row for row in Lines(tmp_path / "bad")}
        return outcome, good, bad

    return Run


def test_images_come_with_their_id_and_in_few_connections(run):
    photos = {f"/a{i}.jpg": Jpeg((12 + i, 8)) for i in range(200)}
    with Host(photos, latency=0.02) as host:
        urls = [host.url + path for path in photos]
        outcome, good, bad = run(urls, "--per-host", "8", status=0)
        assert host.most_active <= 8
    assert outcome.json["succeeded"] == 200
    assert not bad
    for i, (url, photo) in enumerate(zip(urls, photos.values())):
        assert (good[url]["id"], good[url]["width"]) == (hashlib.sha256(photo).hexdigest(), 12 + i)
        assert good[url]["exif"]["IFD0"]["Make"] == "Canon"
    assert all(agent.startswith("pixlake/") for agent in host.agents)
    assert host.asked["/robots.txt"] == 1


def test_every_bad_habit_is_a_row_that_says_which(run):
    photo = Jpeg()

    def Redirect(to, status=302):
        return lambda handler, count: handler.Send(status, b"", headers=[("Location", to)])

    def Drop(handler, count):
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(photo)))
        handler.end_headers()
        handler.wfile.write(photo[:100])
        handler.close_connection = True

    with Host({"/good.jpg": photo}) as host:
        host.special = {
            "/page.jpg": lambda handler, count: handler.Send(200, b"<!DOCTYPE html><p>Log in", "text/html"),
            "/empty.jpg": lambda handler, count: handler.Send(200),
            "/moved.jpg": Redirect("/good.jpg", 301),
            "/loop.jpg": Redirect("/loop.jpg"),
            "/chain.jpg": lambda handler, count: Redirect(f"/chain.jpg?{count}")(handler, count),
            "/away.jpg": Redirect("ftp://example.org/a.jpg"),
            "/forbidden.jpg": lambda handler, count: handler.Send(403, b"no", "text/plain"),
            "/gone.jpg": lambda handler, count: handler.Send(410),
            "/teapot.jpg": lambda handler, count: handler.Send(418),
            "/broken.jpg": lambda handler, count: handler.Send(500),
            "/drop.jpg": Drop,
            "/stalls.jpg": lambda handler, count: time.sleep(6),
            "/large.jpg": lambda handler, count: handler.Send(200, b"\x89PNG\r\n\x1a\n" + bytes(300000)),
        }
        urls = [host.url + path for path in host.special]
        urls += [host.url + "/missing.jpg", "http://user:secret@127.0.0.1:1/?token=secret", "http://no-such.invalid/a"]
        outcome, good, bad = run(urls, "--attempts", "2", "--max-bytes", "200000", status=3)
    assert set(good) == {host.url + "/moved.jpg"}
    expected = {
        "/page.jpg": ("mislabelled", 200, 1, "not an image: the server answered 200 with text/html"),
        "/empty.jpg": ("empty", 200, 1, "no bytes"),
        "/loop.jpg": ("io", 302, 1, "redirected more than 8 times"),
        "/chain.jpg": ("io", 302, 1, "redirected more than 8 times"),
        "/away.jpg": ("unsupported", 302, 0, "expected http or https"),
        "/forbidden.jpg": ("permission", 403, 1, "the server answered 403"),
        "/gone.jpg": ("not_found", 410, 1, "the server answered 410"),
        "/teapot.jpg": ("unsupported", 418, 1, "the server answered 418"),
        "/broken.jpg": ("io", 500, 2, "the server answered 500"),
        "/drop.jpg": ("io", 200, 2, "Transferred a partial file"),
        "/stalls.jpg": ("io", None, 2, "Timeout was reached"),
        "/large.jpg": ("over_budget", 200, 1, "has more than 200000 bytes"),
        "/missing.jpg": ("not_found", 404, 1, "the server answered 404"),
    }
    for path, (code, status, attempts, message) in expected.items():
        row = bad[host.url + path]
        assert (row["code"], row["http_status"]) == (code, status), row
        assert message in row["message"], row
        if path != "/away.jpg":
            assert row["attempts"] == attempts, row
    refused = bad["http://user:secret@127.0.0.1:1/?token=secret"]
    assert refused["code"] == "io"
    assert "secret" not in refused["message"]
    assert "secret" not in outcome.stderr
    assert bad["http://no-such.invalid/a"]["code"] == "io"


def test_what_passes_is_tried_again_and_retry_after_is_kept(run):
    photo = Jpeg()
    asked = []

    def Later(handler, count):
        asked.append(time.monotonic())
        handler.Send(200, photo) if count == 3 else handler.Send(503, headers=[("Retry-After", "1")])

    with Host() as host:
        host.special["/later.jpg"] = Later
        host.special["/never.jpg"] = lambda handler, count: handler.Send(429, headers=[("Retry-After", "3600")])
        _, good, bad = run([host.url + "/later.jpg", host.url + "/never.jpg"], status=3)
    assert set(good) == {host.url + "/later.jpg"}
    assert asked[1] - asked[0] >= 0.95
    assert asked[2] - asked[1] >= 0.95
    assert "asks to wait 3600 s" in bad[host.url + "/never.jpg"]["message"]
    assert bad[host.url + "/never.jpg"]["attempts"] == 1


def test_a_second_run_asks_only_for_what_failed(run):
    photo = Jpeg()
    with Host({"/a.jpg": photo, "/b.jpg": photo}) as host:
        urls = [host.url + path for path in ("/a.jpg", "/b.jpg", "/late.jpg")]
        run(urls, status=3)
        host.asked.clear()
        host.files["/late.jpg"] = photo
        outcome, good, bad = run(urls, status=0)
        assert host.asked == {"/robots.txt": 1, "/late.jpg": 1}
    assert (outcome.json["succeeded"], outcome.json["done_before"]) == (1, 2)
    assert set(good) == set(urls)
    assert not bad


def test_robots_txt_is_kept_to(run):
    with Host({"/a.jpg": Jpeg(), "/private/b.jpg": Jpeg()}) as host:
        host.files["/robots.txt"] = b"User-agent: *\nDisallow: /\n\nUser-agent: pixlake\nDisallow: /private/\n"
        urls = [host.url + "/a.jpg", host.url + "/private/b.jpg"]
        _, good, bad = run(urls, status=3)
        assert set(good) == {urls[0]}
        assert bad[urls[1]]["code"] == "permission"
        assert "robots.txt" in bad[urls[1]]["message"]
        assert "/private/b.jpg" not in host.asked
        _, good, bad = run(urls, "--ignore-robots", status=0)
        assert set(good) == set(urls)


def test_private_addresses_are_refused_also_behind_names_and_redirects(run):
    with Host({"/a.jpg": Jpeg()}) as host:
        port = host.server_address[1]
        urls = [
            host.url + "/a.jpg",
            f"http://localhost:{port}/a.jpg",
            f"http://2130706433:{port}/a.jpg",
            f"http://0x7f.1:{port}/a.jpg",
            f"http://[::ffff:127.0.0.1]:{port}/a.jpg",
            f"http://0.0.0.0:{port}/a.jpg",
            "http://169.254.169.254/latest/meta-data/",
        ]
        _, good, bad = run(urls, "--attempts", "1", private=False, status=3)
        assert not good
        assert {bad[url]["code"] for url in urls} == {"permission"}, bad
        assert "--allow-private" in bad[urls[0]]["message"]
        assert not host.asked


def test_of_a_long_jpeg_only_both_ends_are_fetched(run):
    photo = Jpeg((3000, 3000), 95, noise=True)
    assert len(photo) > 4 << 20
    with Host({"/big.jpg": photo, "/cut.jpg": photo[:-4]}) as host:
        _, good, bad = run([host.url + "/big.jpg", host.url + "/cut.jpg"], status=3)
        assert f"bytes={len(photo) - 4096}-{len(photo) - 1}" in host.ranges
        row = good[host.url + "/big.jpg"]
        assert (row["id"], row["size"], row["width"]) == (None, len(photo), 3000)
        assert row["exif"]["IFD0"]["Make"] == "Canon"
        assert bad[host.url + "/cut.jpg"]["code"] == "truncated_at"
        _, good, _ = run([host.url + "/big.jpg?whole"], "--id", status=0)
        assert good[host.url + "/big.jpg?whole"]["id"] == hashlib.sha256(photo).hexdigest()
        host.gives_ranges = False
        _, good, _ = run([host.url + "/big.jpg?plain"], status=0)
        assert "end_not_read" in [note["code"] for note in good[host.url + "/big.jpg?plain"]["notes"]]


def test_a_host_that_never_answers_does_not_hold_up_the_others(run):
    silent = socket.create_server(("127.0.0.1", 0), backlog=512)
    quiet = f"http://127.0.0.1:{silent.getsockname()[1]}"
    with Host({"/a.jpg": Jpeg()}) as host:
        urls = [f"{quiet}/{i}.jpg" for i in range(300)] + [host.url + "/a.jpg"]
        begin = time.monotonic()
        _, good, bad = run(urls, "--attempts", "1", "--per-host", "4", status=3)
        assert time.monotonic() - begin < 30
    assert set(good) == {host.url + "/a.jpg"}
    assert len(bad) == 300
    assert any("is not asked again" in row["message"] for row in bad.values())
    silent.close()


def test_many_large_bodies_keep_to_the_memory(run):
    body = b"\x89PNG\r\n\x1a\n" + bytes(8 << 20)
    with Host() as host:
        host.special = {f"/{i}.png": lambda handler, count: handler.Send(200, body, "image/png") for i in range(48)}
        outcome, _, bad = run(
            [host.url + path for path in host.special], "--memory", "48MB", "--per-host", "48", status=3
        )
    assert outcome.json["codes"] == {"corrupt": 48}


def test_json_of_the_summary_is_one_object(run):
    with Host({"/a.jpg": Jpeg()}) as host:
        outcome, _, _ = run([host.url + "/a.jpg"], status=0)
    assert json.loads(outcome.stdout)["succeeded"] == 1
