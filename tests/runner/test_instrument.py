"""Calls that nobody could resolve are steps all the same: HTTP clients, mail, sockets; live as on replay."""

from __future__ import annotations

import ftplib
import gzip
import http.client
import http.cookiejar
import json
import shutil
import smtplib
import socket
import socketserver
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
import requests

from durable.runner import instrument
from durable.runner.engines.memory import Played, play
from durable.runner.errors import ResourceLost


class World(BaseHTTPRequestHandler):
    """Answers with what it was asked; counts; sets a cookie."""

    asked: list[str]
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        return

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        type(self).asked.append(f"{self.command} {self.path}")
        found = {"method": self.command, "path": self.path, "body": body, "cookie": self.headers.get("Cookie")}
        data = json.dumps(found).encode()
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Set-Cookie", f"n={len(type(self).asked)}")
        if "zip" in self.path:
            data = gzip.compress(data)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = _answer


@pytest.fixture
def url() -> Iterator[str]:
    instrument.install()
    World.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), World)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def replayed(program: Callable[[], Any]) -> Played:
    """Play `program`, replay it whole: the same value, and nothing is asked of the world again."""
    first = play(program)
    assert first.error is None, first.error
    asked = list(World.asked)
    again = play(program, first.events)
    assert (again.error, again.value, again.performed) == (None, first.value, [])
    assert World.asked == asked
    for cut in range(len(first.events)):
        part = play(program, first.events[:cut])
        assert part.error is None, (cut, part.error)
    return first


def test_a_requests_session_steps_by_itself_and_keeps_its_cookies(url: str) -> None:
    def program() -> Any:
        session: Any = requests.Session()
        first = session.get(f"{url}/a").json()
        second = session.post(f"{url}/b", data="x")
        return first["cookie"], second.json()["cookie"], second.json()["body"], session.cookies.get_dict()

    played = play(program)
    assert played.performed == ["requests.Session.request"] * 2
    assert played.value == (None, "n=1", "x", {"n": "2"})
    again = play(program, played.events)
    assert (again.value, again.performed) == (played.value, [])
    World.asked = ["one"]
    part = play(program, played.events[:1])
    assert part.value == (None, "n=1", "x", {"n": "2"})


def test_a_streamed_response_is_recorded_whole(url: str) -> None:
    def program() -> Any:
        response: Any = requests.get(f"{url}/zip", stream=True)
        again: Any = requests.get(f"{url}/zip", stream=True)
        import io

        copy = io.BytesIO()
        shutil.copyfileobj(again.raw, copy)
        lines = list(response.iter_lines())
        return json.loads(lines[0])["path"], json.loads(copy.getvalue())["path"], response.raw.status

    assert replayed(program).value == ("/zip", "/zip", 200)


def test_an_error_with_a_response(url: str) -> None:
    def program() -> Any:
        try:
            requests.get(f"{url}/missing").raise_for_status()
        except requests.HTTPError as error:
            found: Any = error.response.status_code
        try:
            urllib.request.urlopen(f"{url}/missing")
        except urllib.error.HTTPError as error:
            found = found, error.code, json.loads(error.read())["path"]
        return found

    assert replayed(program).value == (404, 404, "/missing")


def test_urlopen_gives_a_response_that_is_stored(url: str) -> None:
    def program() -> Any:
        with urllib.request.urlopen(f"{url}/u") as response:
            head = response.read(2)
            rest = response.read()
        request = urllib.request.Request(f"{url}/p", data=b"d")
        posted = urllib.request.urlopen(request)
        return json.loads(head + rest)["path"], response.status, response.headers["Set-Cookie"][:2], json.load(posted)

    played = replayed(program)
    assert played.performed == ["urllib.request.OpenerDirector.open"] * 2
    assert played.value[:3] == ("/u", 200, "n=")


def test_an_httpx_client_steps_by_itself(url: str) -> None:
    def program() -> Any:
        with httpx.Client() as client:
            first = client.get(f"{url}/a").json()
            with client.stream("GET", f"{url}/b") as response:
                text = "".join(response.iter_text())
            return first["path"], json.loads(text)["path"], dict(client.cookies).keys() == {"n"}, response.status_code

    played = replayed(program)
    assert played.performed == ["httpx.Client.send"] * 2
    assert played.value == ("/a", "/b", True, 200)


def test_an_http_connection_is_a_resource(url: str) -> None:
    place = url.removeprefix("http://")

    def program() -> Any:
        connection: Any = http.client.HTTPConnection(place)
        found = []
        for path in ("/a", "/b"):
            connection.request("GET", path)
            found.append(json.loads(connection.getresponse().read())["path"])
        connection.close()
        return found, isinstance(connection, http.client.HTTPConnection)

    first = play(program)
    assert first.value == (["/a", "/b"], True)
    assert play(program, first.events).performed == []
    assert play(program, first.events[:2]).value == first.value  # a GET whose answer was lost is asked again


def test_a_post_whose_answer_was_lost_is_not_sent_again(url: str) -> None:
    def program() -> Any:
        connection: Any = http.client.HTTPConnection(url.removeprefix("http://"))
        connection.request("POST", "/a", body="x")
        return connection.getresponse().read()

    with pytest.raises(ResourceLost):
        play(program, play(program).events[:2])


def test_an_opener_remembers_cookies_and_calls_back_in_line(url: str) -> None:
    class Noting(urllib.request.BaseHandler):
        def __init__(self) -> None:
            self.seen: list[str] = []

        def http_request(self, request: Any) -> Any:
            self.seen.append(request.selector)
            return request

    def program() -> Any:
        jar = http.cookiejar.CookieJar()
        silent = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        silent.open(f"{url}/a").close()
        noting = Noting()
        answer = urllib.request.build_opener(noting).open(f"{url}/b")
        return [cookie.name for cookie in jar], json.load(answer)["path"], noting.seen

    played = replayed(program)
    assert played.performed == ["urllib.request.OpenerDirector.open", "urllib.request.AbstractHTTPHandler.do_open"]
    assert played.value == (["n"], "/b", ["/b"])


class Mail(socketserver.StreamRequestHandler):
    """Takes mail; remembers every command."""

    heard: list[str]

    def handle(self) -> None:
        self.wfile.write(b"220 hello\r\n")
        while line := self.rfile.readline().decode().strip():
            self.heard.append(line)
            if line.lower() == "data":
                self.wfile.write(b"354 go on\r\n")
                while self.rfile.readline() != b".\r\n":
                    pass
            self.wfile.write(b"221 bye\r\n" if line.lower() == "quit" else b"250 ok\r\n")
            if line.lower() == "quit":
                return


@pytest.fixture
def mail() -> Iterator[int]:
    instrument.install()
    Mail.heard = []
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mail)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()
    thread.join()


def test_mail_goes_on_over_a_new_connection_after_a_crash(mail: int) -> None:
    def program() -> Any:
        with smtplib.SMTP("127.0.0.1", mail, local_hostname="me") as server:
            server.ehlo()
            sent = [server.sendmail("a@x", ["b@x"], f"Subject: {i}\r\n\r\nhi") for i in range(2)]
            return sent, isinstance(server, smtplib.SMTP)

    first = play(program)
    assert first.error is None
    assert first.value == ([{}, {}], True)
    total = len(first.events)
    for cut in range(total + 1):
        Mail.heard = []
        part = play(program, first.events[:cut])
        assert part.value == first.value
        already = sum("sendmail" in entry.name for entry in first.events[:cut])
        assert Mail.heard.count("data") == 2 - already
        assert Mail.heard == [] or Mail.heard[-1].lower() == "quit"
        if 0 < cut < total:
            assert any(line.startswith("ehlo") for line in Mail.heard)


def test_a_socket_is_a_resource_and_a_lost_conversation_is_said_so(mail: int) -> None:
    def program() -> Any:
        connection = socket.create_connection(("127.0.0.1", mail))
        hello = connection.recv(100)
        connection.sendall(b"quit\r\n")
        bye = connection.recv(100)
        connection.close()
        return hello, bye

    first = play(program)
    assert first.value == (b"220 hello\r\n", b"221 bye\r\n")
    assert play(program, first.events).performed == []
    with pytest.raises(ResourceLost, match="was lost in a crash"):
        play(program, first.events[:3])


def test_outside_of_runs_the_classes_are_as_ever(mail: int) -> None:
    assert type(smtplib.SMTP()) is smtplib.SMTP
    assert type(ftplib.FTP()) is ftplib.FTP
    with socket.socket() as plain:
        assert type(plain) is socket.socket
    with smtplib.SMTP("127.0.0.1", mail, local_hostname="me") as server:
        assert server.noop()[0] == 250
