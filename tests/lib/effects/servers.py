"""Loopback servers for clients to talk to, in a process of their own: python -m effects.servers prints their ports."""

from __future__ import annotations

import json
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_CHAT = {
    "id": "c1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
}
_MESSAGE = {
    "id": "m1",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [{"type": "text", "text": "hello"}],
    "usage": {"input_tokens": 1, "output_tokens": 1},
}
_CUSTOMER = {"id": "cus_1", "object": "customer", "livemode": False}
_ISSUE = {"id": "1", "key": "A-1", "self": "http://localhost/issue/1", "fields": {"summary": "s"}}
_USER = {"login": "ann", "id": 1, "url": "http://localhost/user", "full_name": "ann/repo", "name": "repo"}
_BUCKETS = """<?xml version="1.0" encoding="UTF-8"?><ListAllMyBucketsResult>
<Owner><ID>1</ID></Owner><Buckets><Bucket><Name>b</Name></Bucket></Buckets></ListAllMyBucketsResult>"""
_ANSWERS: tuple[tuple[str, object], ...] = (
    ("/chat/completions", _CHAT),
    ("/messages/count_tokens", {"input_tokens": 3}),
    ("/messages", _MESSAGE),
    ("/models", {"object": "list", "data": []}),
    ("/embeddings", {"object": "list", "model": "m", "data": [], "usage": {"prompt_tokens": 1, "total_tokens": 1}}),
    ("/customers/cus_1", _CUSTOMER),
    ("/customers", _CUSTOMER),
    ("/rest/api/2/serverInfo", {"versionNumbers": [9, 0, 0], "deploymentType": "Server"}),
    ("/rest/api/2/issue", _ISSUE),
    ("/repos/", _USER),
    ("/user", _USER),
    ("/containers/json", []),
    ("/version", {"ApiVersion": "1.44", "Version": "27"}),
    ("/namespaces/default/pods", {"kind": "PodList", "apiVersion": "v1", "items": []}),
    ("/namespaces/default/configmaps", {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "c"}}),
)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if "/s3/" in self.headers.get("Authorization", ""):
            self._send(_BUCKETS.encode() if path == "/" else b"", "application/xml")
            return
        found = next((answer for part, answer in _ANSWERS if part in path), {"ok": True, "channels": []})
        self._send(json.dumps(found).encode(), "application/json")

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Store(socketserver.StreamRequestHandler):
    """As much of Redis's protocol as a client needs: each command is an array of texts."""

    def handle(self) -> None:
        while line := self.rfile.readline():
            words = [self._text() for _ in range(int(line[1:]))]
            self.wfile.write(_redis_answer(words[0].upper()))

    def _text(self) -> str:
        length = int(self.rfile.readline()[1:])
        return self.rfile.read(length + 2)[:-2].decode()


def _redis_answer(command: str) -> bytes:
    match command:
        case "GET":
            return b"$5\r\nhello\r\n"
        case "PING":
            return b"+PONG\r\n"
        case "DEL" | "INCR" | "LPUSH":
            return b":1\r\n"
        case "HELLO":
            return b"%1\r\n$5\r\nproto\r\n:3\r\n"
        case _:
            return b"+OK\r\n"


class _Threading(socketserver.ThreadingTCPServer):
    daemon_threads = True


def main() -> None:
    """Serve until standard input ends."""
    servers = (ThreadingHTTPServer(("127.0.0.1", 0), _Handler), _Threading(("127.0.0.1", 0), _Store))
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    print(*(server.server_address[1] for server in servers), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
