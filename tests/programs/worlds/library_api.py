"""A library's HTTP interface on loopback, for the programs that are its clients: prints its address when it is ready.

Nothing in it depends on how often it is asked, so that a request may be repeated: PUT and DELETE say what shall be.
"""

import contextlib
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BOOKS = [{"id": n, "title": f"Volume {n}", "pages": 90 + 37 * n % 60, "author": "AB"[n % 2]} for n in range(1, 8)]
notes = {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, value, headers=()):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(value, bytes) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, text in headers:
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        match url.path.strip("/").split("/"):
            case ["books"]:
                page = int(query.get("page", 1))
                more = {"next": f"/books?page={page + 1}"} if page < 3 else {}
                self.answer(200, {"books": BOOKS[3 * page - 3 : 3 * page], **more})
            case ["books", number] if number.isdigit() and 0 < int(number) <= len(BOOKS):
                self.answer(200, BOOKS[int(number) - 1], [("ETag", f'"{number}"')])
            case ["text", number]:
                self.answer(200, f"Text of volume {number}. ".encode() * 50)
            case ["slow", seconds]:
                time.sleep(float(seconds))
                with contextlib.suppress(BrokenPipeError):
                    self.answer(200, {"slept": seconds})
            case ["flaky", fails]:
                status = 503 if int(query.get("attempt", 1)) <= int(fails) else 200
                self.answer(status, {"attempt": query.get("attempt")}, [("Retry-After", "0")])
            case ["moved"]:
                self.answer(302, b"", [("Location", "/books/1"), ("Set-Cookie", "seen=yes; Path=/")])
            case ["stamp", name]:
                self.answer(200, {"stamp": name}, [("Set-Cookie", f"stamp-{name}={len(name)}; Path=/")])
            case ["login"]:
                self.answer(200, {"token": f"token-of-{query['user']}"}, [("Set-Cookie", f"user={query['user']}; Path=/")])
            case ["whoami"]:
                given = {"cookie": self.headers["Cookie"], "authorization": self.headers["Authorization"]}
                self.answer(200 if any(given.values()) else 401, given)
            case ["notes"]:
                self.answer(200, dict(sorted(notes.items())))
            case _:
                self.answer(404, {"error": f"no {url.path}"})

    do_HEAD = do_GET

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        notes[self.path.rpartition("/")[2]] = json.loads(body)
        self.answer(200, {"stored": json.loads(body)})

    def do_DELETE(self):
        notes.pop(self.path.rpartition("/")[2], None)
        self.answer(204, b"")

    def log_message(self, format, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"LIBRARY=http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
