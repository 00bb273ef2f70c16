"""A proxy before a store's server: counts requests, and has a test look at each before it goes on."""

from __future__ import annotations

import contextlib
import http.client
import http.server
import threading
from collections import Counter
from urllib.parse import urlsplit

CHANGES = ("PUT", "POST", "DELETE")


class Proxy:
    """`requests` is what came by, as (method, path); `hook` is called with both before they are passed on, by
    the thread that has the request, so that it may hold it."""

    def __init__(self, target: str):
        self.target = urlsplit(target)
        self.requests: list[tuple[str, str]] = []
        self.hook = None
        self.lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                self.upstream = http.client.HTTPConnection(proxy.target.hostname, proxy.target.port, timeout=60)

            def finish(self):
                self.upstream.close()
                with contextlib.suppress(OSError):
                    super().finish()

            def Pass(self):
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else None
                if length and len(body) < length:
                    raise ConnectionError("half a request")
                with proxy.lock:
                    proxy.requests.append((self.command, self.path))
                if proxy.hook is not None:
                    proxy.hook(self.command, self.path)
                headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
                self.upstream.request(self.command, self.path, body, headers)
                answer = self.upstream.getresponse()
                content = answer.read()
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("transfer-encoding", "connection", "content-length", "date", "server"):
                        self.send_header(name, value)
                has_length = answer.getheader("Content-Length")
                self.send_header(
                    "Content-Length", has_length if self.command == "HEAD" and has_length else len(content)
                )
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (OSError, http.client.HTTPException):
                    self.close_connection = True  # whoever asked was killed

            def log_message(self, *_):
                pass

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = Pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def Close(self):
        self.server.shutdown()
        self.server.server_close()

    def Reset(self):
        with self.lock:
            self.requests = []
            self.hook = None

    def Count(self) -> Counter:
        """How many of each kind, as S3's price list tells them apart; listings cost as much as writing."""
        kinds = Counter()
        with self.lock:
            for method, path in self.requests:
                is_list = method == "GET" and "list-type=2" in path
                kinds["LIST" if is_list else method] += 1
        return kinds
