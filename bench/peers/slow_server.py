"""One small image under every path, each answer after a latency: `slow_server.py PORT IMAGE SECONDS`."""

import asyncio
import sys
from pathlib import Path


class Answer(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
        self.rest = b""

    def data_received(self, data):
        self.rest += data
        while b"\r\n\r\n" in self.rest:
            head, self.rest = self.rest.split(b"\r\n\r\n", 1)
            answer = MISSING if head.startswith(b"GET /robots.txt") else FOUND
            asyncio.get_running_loop().call_later(LATENCY, self.transport.write, answer)


async def Serve(port):
    server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


BODY = Path(sys.argv[2]).read_bytes()
LATENCY = float(sys.argv[3])
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {}\r\n\r\n"
FOUND = HEAD.format(len(BODY)).encode() + BODY
MISSING = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
asyncio.run(Serve(int(sys.argv[1])))
