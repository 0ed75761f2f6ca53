"""Sockets of a run: what plain Python answers, live and after a crash at every entry; the outside world as peer."""

from __future__ import annotations

import io
import queue
import select
import selectors
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from durable.runner.core.call import Site
from durable.runner.engines.memory import Played, play
from durable.runner.errors import RefusedCall, ResourceLost
from durable.stdlib_shims._net_outside import Outside
from durable.stdlib_shims._net_waiting import Look

_PLAIN_LOCK = threading.Lock()


def always(program: Callable[[], Any], expected: Any) -> Played:
    """Play `program`, then from every prefix of its events: the same value each time."""
    whole = play(program)
    assert whole.error is None
    assert whole.value == expected
    for cut in range(len(whole.events)):
        part = play(program, whole.events[:cut])
        assert part.error is None
        assert part.value == expected
    return whole


def outcome(call: Callable[[], Any]) -> Any:
    """Return what `call` returns, or the class, number and text of its exception."""
    try:
        return call()
    except (OSError, ValueError, TypeError, OverflowError) as error:
        return type(error).__name__, getattr(error, "errno", None), getattr(error, "strerror", None)


def connected(kind: str) -> tuple[socket.socket, socket.socket]:
    if kind == "pair":
        return socket.socketpair()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        return client, listener.accept()[0]


@pytest.mark.parametrize("kind", ["pair", "tcp"])
def test_what_connections_do_is_what_plain_ones_do(kind: str) -> None:
    def program() -> list[Any]:
        found: list[Any] = []
        note = lambda call: found.append(outcome(call))  # noqa: E731
        left, right = connected(kind)
        note(lambda: left.send(b"abc"))
        note(lambda: right.recv(2, socket.MSG_PEEK))
        note(lambda: right.recv(2))
        buffer = bytearray(5)
        note(lambda: (right.recv_into(buffer), bytes(buffer)))
        note(lambda: left.sendmsg([b"one", b" two"]))
        note(lambda: right.recvmsg(100)[:3])
        left.setblocking(False)
        note(lambda: left.recv(1))
        note(lambda: (left.gettimeout(), left.getblocking(), left.timeout))
        left.settimeout(0.01)
        note(lambda: left.recv(1))
        note(lambda: left.settimeout(-1))
        note(lambda: left.connect(right.getsockname()) if kind == "tcp" else None)
        note(lambda: left.listen())
        note(lambda: right.sendall(b"0123456789"))
        note(lambda: left.recv(10, socket.MSG_WAITALL))
        note(lambda: left.shutdown(socket.SHUT_WR))
        note(lambda: (right.recv(1), right.recv(1)))
        note(lambda: left.send(b"x"))
        note(lambda: right.send(b"still"))
        note(lambda: left.recv(10))
        note(lambda: left.shutdown(7))
        note(lambda: (left.family, left.type, left.proto, left.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)))
        copy = right.dup()
        right.close()
        note(lambda: copy.send(b"by the copy"))
        note(lambda: left.recv(20))
        note(lambda: right.send(b"x"))
        note(lambda: (right.fileno(), right.recv(1)))
        copy.close()
        note(lambda: left.recv(20))
        left.close()
        note(lambda: left.getsockname())
        note(lambda: left.settimeout(1))
        one, other = connected(kind)
        one.sendall(b"unread")
        one.sendall(b"more")
        other.recv(3)
        other.close()
        note(lambda: one.recv(1))
        note(lambda: one.recv(1))
        note(lambda: one.send(b"x"))
        note(lambda: one.send(b"x"))
        one.close()
        return found

    expected = program()
    assert play(program).value == expected
    always(program, expected)


def test_what_lone_sockets_do_is_what_plain_ones_do() -> None:
    def program() -> list[Any]:
        found: list[Any] = []
        note = lambda call: found.append(outcome(call))  # noqa: E731
        with socket.socket() as one:
            note(lambda: one.recv(1))
            note(lambda: one.send(b"x"))
            note(lambda: one.accept())
            note(lambda: one.getsockname())
            note(lambda: one.getpeername())
            note(lambda: one.shutdown(socket.SHUT_RD))
            note(lambda: one.connect("nowhere"))
            note(lambda: one.connect(("127.0.0.1", 99999)))
            note(lambda: one.connect_ex(("127.0.0.1", 1)))
            note(lambda: one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1))
            note(lambda: one.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))
            note(lambda: one.setsockopt(12345, 1, 1))
            note(lambda: one.getsockopt(12345, 1))
            note(lambda: one.bind(("127.0.0.1", 0)))
            note(lambda: one.bind(("127.0.0.1", 0)))
            note(lambda: one.listen())
            one.settimeout(0.01)
            note(lambda: one.accept())
            one.setblocking(False)
            note(lambda: one.accept())
            note(lambda: socket.create_connection(one.getsockname(), timeout=5).getpeername() == one.getsockname())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as box:
            note(lambda: box.sendto(b"x"))  # type: ignore[call-arg]
            box.bind(("127.0.0.1", 0))
            box.sendto(b"to myself", box.getsockname())
            note(lambda: box.recvfrom(2)[0])
            box.settimeout(0.01)
            note(lambda: box.recvfrom(9))
            note(lambda: box.listen())
        note(lambda: socket.socket(fileno=-1))
        note(lambda: socket.create_connection(("127.0.0.1", 1), timeout=5))
        return found

    always(program, program())


def test_a_pair_needs_no_step(same: Any) -> None:
    def program() -> Any:
        left, right = socket.socketpair()
        heard: queue.Queue[bytes] = queue.Queue()

        def listen() -> None:
            with right, right.makefile("rb") as lines:
                for line in lines:
                    heard.put(line)
            heard.put(b"")

        thread = threading.Thread(target=listen)
        thread.start()
        with left, left.makefile("w") as writer:
            print("one", file=writer)
            writer.flush()
            left.sendfile(io.BytesIO(b"two\n"))
        thread.join()
        return [heard.get() for _ in range(3)]

    assert same(program).performed == []


class Count(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        for line in self.rfile:
            self.server.lines.append(line)  # type: ignore[attr-defined]
            self.wfile.write(b"%d\n" % len(self.server.lines))  # type: ignore[attr-defined]


@pytest.mark.parametrize("server_class", [socketserver.TCPServer, socketserver.ThreadingTCPServer])
def test_a_server_in_a_thread_and_its_clients(server_class: Any) -> None:
    def program() -> Any:
        answers = []
        with server_class(("127.0.0.1", 0), Count) as server:
            server.lines = []
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            for word in (b"a\n", b"b\n"):
                with socket.create_connection(server.server_address, timeout=30) as client:
                    client.sendall(word)
                    answers.append(client.recv(10))
            server.shutdown()
            thread.join()
            return answers, server.lines

    always(program, ([b"1\n", b"2\n"], [b"a\n", b"b\n"]))


def test_selectors_of_every_kind() -> None:
    def program() -> Any:
        found: list[Any] = []
        for kind in (selectors.SelectSelector, selectors.PollSelector, selectors.EpollSelector):
            left, right = socket.socketpair()
            with kind() as selector, left, right:
                selector.register(left, selectors.EVENT_READ | selectors.EVENT_WRITE)
                selector.register(right, selectors.EVENT_READ)
                found.append([(key.fileobj is left, mask) for key, mask in selector.select(0)])
                left.send(b"x")
                selector.modify(left, selectors.EVENT_READ)
                found.append([(key.fileobj is left, mask) for key, mask in selector.select()])
                right.recv(1)
                found.append(selector.select(0.01))
        left, right = socket.socketpair()
        with left, right:
            found.append([len(each) for each in select.select([left, right], [left], [], 5)])
            right.send(b"y")
            found.append(select.select([left], [], [])[0] == [left])
        found.append(outcome(lambda: select.select([left], [], [], 0)))
        return found

    always(program, program())


# The outside world


def reached(port: int) -> socket.socket:
    """Connect, again and again until the server is there."""
    for _ in range(500):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=30)
        except ConnectionRefusedError:
            time.sleep(0.02)
    raise TimeoutError("nobody listens")


@contextmanager
def caller(ports: queue.SimpleQueue[int], talk: Callable[[socket.socket], None]) -> Iterator[None]:
    """Inside the block, a thread outside of any run connects to each of `ports` and talks."""

    def work() -> None:
        while port := ports.get():
            with reached(port) as connection:
                talk(connection)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ports.put(0)
        thread.join()


def test_a_caller_from_outside_and_a_crash() -> None:
    ports: queue.SimpleQueue[int] = queue.SimpleQueue()
    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"hello")
        heard.put(connection.recv(10))

    def program() -> Any:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ports.put(listener.getsockname()[1])
            while True:
                connection, _ = listener.accept()
                with connection:
                    try:
                        data = connection.recv(10)
                        connection.sendall(data.upper())
                    except ConnectionResetError:
                        continue  # its caller was lost with the process; another calls
                    return listener.getsockname()[1], data

    with caller(ports, talk):
        whole = play(program)
        port, data = whole.value
        assert (data, heard.get(timeout=30)) == (b"hello", b"HELLO")
        names = [entry.name for entry in whole.events]
        assert names[:2] == ["socket.socket.bind", "socket.socket.listen"]
        for cut in (2, names.index("socket.socket.accept") + 1, names.index("socket.socket.recv") + 1):
            assert play(program, whole.events[:cut]).value == (port, b"hello")
        assert play(program, whole.events).performed == []


def test_a_connection_that_was_spoken_on_is_lost_with_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()

        def program() -> Any:
            with socket.create_connection(address) as connection:
                connection.sendall(b"x")
                connection.shutdown(socket.SHUT_WR)
                return connection.getpeername() == address

        whole = play(program)
        assert whole.value is True
        assert play(program, whole.events[:1]).value is True
        with pytest.raises(ResourceLost, match="lost in a crash"):
            play(program, whole.events[:2])


def test_a_tls_server_is_refused() -> None:
    def program() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_socket(listener, server_side=True)

    with pytest.raises(RefusedCall, match=r"test_socket.py:\d+: .* is refused in a durable run; .* TLS"):
        play(program)


def test_what_is_not_durable_says_so() -> None:
    def refused(call: Callable[[], Any]) -> str:
        try:
            call()
        except RefusedCall as error:
            return str(error)
        return ""

    def program() -> Any:
        left, right = socket.socketpair()
        with left, right:
            return [
                refused(lambda: socket.send_fds(left, [b"x"], [0])),
                refused(lambda: select.select([left, 0], [], [])),
                refused(lambda: select.epoll().register(left, select.EPOLLIN | select.EPOLLET)),
            ]

    assert all(f"{__file__}:" in text and "is refused in a durable run; " in text for text in play(program).value)
    assert all("durable" in text for text in play(program).value)


def test_a_closed_socket_is_not_made_again_for_who_still_looks_at_it() -> None:
    outside = Outside(socket.AF_INET, socket.SOCK_STREAM, 0, Site("s", "socket.socket", "open", "p.py", 1, 1, ""))
    outside.begin({}).bind(("127.0.0.1", 0))
    outside.release()
    with pytest.raises(OSError, match="Bad file descriptor"):
        outside.revived()
    assert outside.live is None


def test_what_strands_and_steps_share_is_guarded_by_locks_of_the_process() -> None:
    def program() -> list[bool]:
        outside = Outside(socket.AF_INET, socket.SOCK_STREAM, 0, Site("s", "socket.socket", "open", "p.py", 1, 1, ""))
        return [type(lock) is type(_PLAIN_LOCK) for lock in (outside._lock, Look()._lock)]

    assert play(program).value == [True, True]
