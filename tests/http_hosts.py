"""A real HTTP server with every bad habit, for tests of what is fetched."""

from __future__ import annotations

import http.server
import threading
import time
from collections import Counter
from urllib.parse import urlsplit


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Host

    def log_message(self, *_):
        pass

    def do_GET(self):
        host = self.server
        path = urlsplit(self.path).path
        with host.lock:
            host.asked[path] += 1
            count = host.asked[path]
            host.agents.add(self.headers.get("User-Agent", ""))
            host.ranges.append(self.headers.get("Range"))
            host.active += 1
            host.most_active = max(host.most_active, host.active)
        try:
            time.sleep(host.latency)
            answer = host.special.get(path)
            if answer is not None:
                answer(self, count)
            elif path in host.files:
                self.Send(200, host.files[path])
            else:
                self.Send(404, b"not here", "text/plain")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with host.lock:
                host.active -= 1

    def Send(self, status, body=b"", kind="image/jpeg", headers=()):
        wanted = self.headers.get("Range")
        if status == 200 and wanted and self.server.gives_ranges:
            first, last = wanted.removeprefix("bytes=").split("-")
            whole = len(body)
            body = body[int(first) : int(last) + 1]
            status = 206
            headers = [*headers, ("Content-Range", f"bytes {first}-{last}/{whole}")]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.server.gives_ranges:
            self.send_header("Accept-Ranges", "bytes")
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.server.sent += len(body)


class Host(http.server.ThreadingHTTPServer):
    """`files` are served as they are; `special` maps a path to what is done with (handler, count)."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, files=(), latency=0.0, address="127.0.0.1"):
        super().__init__((address, 0), _Handler)
        self.files = dict(files)
        self.special = {}
        self.latency = latency
        self.gives_ranges = True
        self.asked = Counter()
        self.agents = set()
        self.ranges = []
        self.sent = 0
        self.active = self.most_active = 0
        self.lock = threading.Lock()
        self.url = f"http://{address}:{self.server_address[1]}"
        self.thread = threading.Thread(target=self.serve_forever, daemon=True)

    def handle_error(self, *_):
        pass

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
