"""The world that orders.py lives in: a shop's HTTP API and a mail server on loopback, every request logged.

    python world.py [--http-port 8471] [--smtp-port 8472] [--log world.log] [--until-stdin-closes]

Port 0 takes a free one. Prints one line when it is ready:

    ORDERS_API=http://127.0.0.1:8471 ORDERS_SMTP=127.0.0.1:8472

and serves until it is terminated. A request is on the log, one JSON object a line, before it is answered.

    GET  /orders?page=N    {"orders": [...], "next": N + 1 or null}
    GET  /orders/ID        one order
    POST /shipments        {"order": ID, ...} -> 201 {"shipment": "S-ID"}, 422 {"error": ...} when it cannot be shipped
"""

import argparse
import json
import os
import signal
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

HOST = "127.0.0.1"
PAGE_SIZE = 7
REJECTED = 1012
OPEN_ORDERS = [
    ("Ada Lovelace", 4_990, 1),
    ("Blaise Pascal", 12_450, 3),
    ("Carl Gauss", 780, 2),
    ("Dorothy Vaughan", 31_200, 4),
    ("Edsger Dijkstra", 248_000, 12),
    ("Frances Allen", 9_999, 1),
    ("Grace Hopper", 64_320, 6),
    ("Hedy Lamarr", 15_800, 2),
    ("Ivan Sutherland", 3_495, 1),
    ("Joan Clarke", 22_010, 5),
    ("Katherine Johnson", 87_650, 9),
    ("Leonhard Euler", 5_560, 2),
    ("Mary Somerville", 18_275, 3),
    ("Niklaus Wirth", 2_999, 1),
    ("Olga Ladyzhenskaya", 41_900, 7),
    ("Peter Naur", 1_250, 1),
    ("Radia Perlman", 100_000, 8),
    ("Sophie Wilson", 512_345, 20),
    ("Tony Hoare", 7_070, 2),
    ("Ursula Franklin", 33_330, 3),
    ("Vera Rubin", 26_400, 4),
    ("Wilhelmina Fleming", 950, 1),
    ("Xiaoyun Wang", 58_725, 5),
    ("Yvonne Brill", 14_600, 2),
    ("Zdzislaw Pawlak", 6_015, 1),
]
ORDERS: list[dict[str, Any]] = [
    {"id": 1001 + n, "customer": customer, "cents": cents, "items": items, "address": f"{n + 1} Analytical Row"}
    for n, (customer, cents, items) in enumerate(OPEN_ORDERS)
]


class Log:
    """Requests in, one flushed JSON line each out; lines of concurrent requests never mix."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def write(self, **entry: Any) -> None:
        with self._lock:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()


def answer(method: str, target: str, body: Any) -> tuple[int, dict[str, Any]]:
    """The API as a function: the same request always gets the same status and answer."""
    url = urlsplit(target)
    match (method, url.path.strip("/").split("/")):
        case "GET", ["orders"]:
            page = int(parse_qs(url.query).get("page", ["1"])[0])
            rest = ORDERS[(page - 1) * PAGE_SIZE :]
            return 200, {"orders": rest[:PAGE_SIZE], "next": page + 1 if len(rest) > PAGE_SIZE else None}
        case "GET", ["orders", order_id]:
            found = [order for order in ORDERS if str(order["id"]) == order_id]
            return (200, found[0]) if found else (404, {"error": "no such order"})
        case "POST", ["shipments"]:
            if body["order"] == REJECTED:
                return 422, {"error": "address is unknown"}
            return 201, {"shipment": f"S-{body['order']}"}
    return 404, {"error": "no such page"}


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536  # status, headers and body leave in one packet
    disable_nagle_algorithm = True
    log: Log

    def do_GET(self) -> None:
        self.respond(None)

    def do_POST(self) -> None:
        self.respond(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"null"))

    def respond(self, body: Any) -> None:
        status, content = answer(self.command, self.path, body)
        self.log.write(
            kind="http",
            method=self.command,
            path=self.path,
            idempotency_key=self.headers.get("Idempotency-Key"),
            body=body,
            status=status,
        )
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def version_string(self) -> str:
        return "world"

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Thu, 01 Jan 1970 00:00:00 GMT"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the log file has it."""


class Mail(socketserver.StreamRequestHandler):
    """One SMTP session; a message is logged when it is complete, before it is accepted."""

    log: Log

    def handle(self) -> None:
        sender = ""
        recipients: list[str] = []
        self.say("220 world")
        while line := self.rfile.readline():
            verb, _, rest = line.decode().strip().partition(" ")
            match verb.upper():
                case "EHLO" | "HELO" | "RSET" | "NOOP":
                    self.say("250 world")
                case "MAIL":
                    sender, recipients = rest.partition(":")[2].split()[0].strip("<>"), []
                    self.say("250 sender is welcome")
                case "RCPT":
                    recipients.append(rest.partition(":")[2].strip("<>"))
                    self.say("250 recipient is welcome")
                case "DATA":
                    self.say("354 end with a dot")
                    self.log.write(kind="smtp", sender=sender, recipients=recipients, message=self.read_message())
                    self.say("250 accepted")
                case "QUIT":
                    self.say("221 bye")
                    return
                case _:
                    self.say("502 not known here")

    def read_message(self) -> str:
        lines: list[str] = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
            lines.append(line.removeprefix("."))
        return "\n".join(lines)

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


def end_of_service(until_stdin_closes: bool) -> threading.Event:
    """An event that is set when the world shall end; signals are caught from here on."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())

    def watch_stdin() -> None:
        while os.read(0, 4096):  # not sys.stdin, which a process on its way out could not close under its reader
            pass
        ended.set()

    if until_stdin_closes:
        threading.Thread(target=watch_stdin, daemon=True).start()
    return ended


def main() -> None:
    parser = argparse.ArgumentParser(description="A shop's HTTP API and a mail server on loopback.")
    parser.add_argument("--http-port", type=int, default=8471)
    parser.add_argument("--smtp-port", type=int, default=8472)
    parser.add_argument("--log", type=Path, default=Path("world.log"))
    parser.add_argument("--until-stdin-closes", action="store_true")
    options = parser.parse_args()
    Api.log = Mail.log = Log(options.log)
    servers = [ThreadingHTTPServer((HOST, options.http_port), Api), MailServer((HOST, options.smtp_port), Mail)]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    ended = end_of_service(options.until_stdin_closes)
    api, smtp = (server.server_address[1] for server in servers)
    print(f"ORDERS_API=http://{HOST}:{api} ORDERS_SMTP={HOST}:{smtp}", flush=True)
    ended.wait()
    for server in servers:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
