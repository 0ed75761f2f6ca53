"""Services of a house in one program: XML-RPC, WSGI, mail, log records, files, with their clients."""

import http.client
import http.server
import logging
import logging.handlers
import pickle
import smtplib
import socketserver
import struct
import threading
import xmlrpc.client
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server
from xmlrpc.server import SimpleXMLRPCServer
import urllib.request


def rpc():
    with SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False, allow_none=True) as server:
        server.register_introspection_functions()
        server.register_function(pow)
        shelf = {}

        @server.register_function
        def put(name, value):
            shelf[name] = value
            Path("shelf.txt").write_text(repr(shelf))

        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with xmlrpc.client.ServerProxy(
            "http://127.0.0.1:%d" % server.server_address[1], allow_none=True
        ) as house:
            print(house.pow(2, 10), house.put("tea", 3), house.system.listMethods()[:2])
            try:
                house.pow("x", 1)
            except xmlrpc.client.Fault as fault:
                print("fault", fault.faultCode, fault.faultString[:40])
        server.shutdown()
        thread.join()
    print(Path("shelf.txt").read_text())


class Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):
        print("wsgi", format % args)


def application(environ, start_response):
    size = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(size)
    start_response(
        "201 Created", [("Content-Type", "text/plain"), ("X-Path", environ["PATH_INFO"])]
    )
    return [b"got ", body]


def web():
    with make_server("", 0, application, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
        connection.request("PUT", "/box", body=b"a thing")
        answer = connection.getresponse()
        print(answer.status, answer.reason, answer.getheader("X-Path"), answer.read())
        connection.close()
        thread.join()


class Post(socketserver.StreamRequestHandler):
    def handle(self):
        self.say("220 house")
        envelope = []
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "DATA":
                self.say("354 go on")
                text = list(iter(self.rfile.readline, b".\r\n"))
                print("mail", envelope, text[-1])
            elif word in ("MAIL", "RCPT"):
                envelope.append(line)
            self.say("221 bye" if word == "QUIT" else "250 fine")
            if word == "QUIT":
                break

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")


def mail():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Post) as post:
        thread = threading.Thread(target=post.serve_forever, args=(0.1,))
        thread.start()
        with smtplib.SMTP("127.0.0.1", post.server_address[1], local_hostname="attic") as smtp:
            refused = smtp.sendmail("ann@house", ["bob@house"], "Subject: tea\n\nIt is ready.")
            print(refused, smtp.noop()[0])
        post.shutdown()
        thread.join()


class Records(socketserver.StreamRequestHandler):
    def handle(self):
        while head := self.rfile.read(4):
            record = logging.makeLogRecord(
                pickle.loads(self.rfile.read(struct.unpack(">L", head)[0]))
            )
            self.server.records.append((record.levelname, record.getMessage()))


def records():
    with socketserver.TCPServer(("localhost", 0), Records) as server:
        server.records = []
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        handler = logging.handlers.SocketHandler(*server.server_address)
        log = logging.getLogger("house")
        log.addHandler(handler)
        log.propagate = False
        log.warning("the %s is cold", "tea")
        log.error("no milk")
        log.removeHandler(handler)
        handler.close()
        thread.join()
        print(server.records)


class Shy(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):
        pass


def files():
    folder = Path("public")
    folder.mkdir()
    for name in "abc":
        (folder / f"{name}.txt").write_text(name * 3)
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Shy, directory=str(folder))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://localhost:{server.server_port}"

        def fetch(name):
            with urllib.request.urlopen(f"{base}/{name}.txt", timeout=10) as answer:
                return answer.headers["Content-Type"], answer.read().decode()

        with ThreadPoolExecutor(3) as pool:
            print(list(pool.map(fetch, "abc")))
        print(urllib.request.urlopen(base).read().count(b"href"))
        server.shutdown()


rpc()
web()
mail()
records()
files()
