"""A small web service in a thread, its clients, an event that a handler sets, and the end of it."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

votes: dict[str, int] = {}
full = threading.Event()
guard = threading.Lock()


class Ballot(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/votes":
            self.send_error(404, "no such ballot")
            return
        self.answer(dict(sorted(votes.items())))

    def do_POST(self):
        size = int(self.headers["Content-Length"])
        ballot = json.loads(self.rfile.read(size))
        with guard:
            votes[ballot["for"]] = votes.get(ballot["for"], 0) + 1
            with open("ballots.txt", "a") as book:
                book.write(f"{ballot['voter']} {ballot['for']}\n")
            if sum(votes.values()) == 4:
                full.set()
        self.answer({"counted": sum(votes.values())})

    def answer(self, what):
        body = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        print("served", format % args)


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Ballot)
    port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    base = f"http://127.0.0.1:{port}"
    for voter, choice in [("ann", "tea"), ("bob", "coffee"), ("cyd", "tea"), ("dan", "tea")]:
        request = urllib.request.Request(f"{base}/vote", json.dumps({"voter": voter, "for": choice}).encode())
        with urllib.request.urlopen(request) as answer:
            print(voter, answer.status, json.load(answer))
    print("all in:", full.wait(timeout=30))
    with urllib.request.urlopen(f"{base}/votes") as answer:
        print(answer.headers["Content-Type"], answer.read().decode())
    try:
        urllib.request.urlopen(f"{base}/elsewhere")
    except urllib.error.HTTPError as error:
        print("refused:", error.code, error.reason)
    server.shutdown()
    thread.join()
    server.server_close()
    print("closed", open("ballots.txt").read().split())


main()
