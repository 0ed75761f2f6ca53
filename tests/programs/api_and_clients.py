"""Networking clients against a loopback server in a thread: sockets by hand, http.client, urllib with errors, retries."""
import http.client, http.server, json, socket, socketserver, threading, time, urllib.error, urllib.parse, urllib.request
from pathlib import Path
class Api(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hits = {}
    def reply(self, code, data):
        body = json.dumps(data).encode()
        self.send_response(code); self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_GET(self):
        Api.hits[self.path] = Api.hits.get(self.path, 0) + 1
        if self.path == "/flaky" and Api.hits[self.path] < 3:
            return self.reply(503, {"again": True})
        self.reply(200 if self.path != "/none" else 404, {"path": self.path, "hits": Api.hits[self.path]})
    def do_POST(self):
        data = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        with open("posts.log", "a") as f:
            print(data, file=f)
        self.reply(201, data)
    def log_message(self, *args): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Api)
threading.Thread(target=server.serve_forever, daemon=True).start()
base = f"http://127.0.0.1:{server.server_address[1]}"
def get(path, tries=5):
    for n in range(tries):
        try:
            with urllib.request.urlopen(base + path, timeout=5) as r:
                return json.load(r)
        except urllib.error.HTTPError as e:
            if e.code != 503: return e.code, json.loads(e.read())
            time.sleep(0.001 * n)
print(get("/x"), get("/flaky"), get("/none"))
req = urllib.request.Request(base + "/new", data=urllib.parse.urlencode({"a": 1, "b": "é"}).encode(), method="POST")
print(urllib.request.urlopen(req).status)
c = http.client.HTTPConnection("127.0.0.1", server.server_port)
for path in ("/k1", "/k2"):
    c.request("GET", path, headers={"X": "1"}); r = c.getresponse(); print(r.status, json.loads(r.read()))
c.close()
class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo) as echo:
    t = threading.Thread(target=echo.serve_forever); t.start()
    with socket.create_connection(echo.server_address) as s, s.makefile("rwb") as f:
        f.write(b"one\ntwo\n"); f.flush(); s.shutdown(socket.SHUT_WR)
        print(f.read())
    echo.shutdown(); t.join()
try:
    socket.create_connection(("127.0.0.1", 1), timeout=1)
except OSError as e:
    print(type(e).__name__)
server.shutdown()
print(Path("posts.log").read_text().strip(), Api.hits)
