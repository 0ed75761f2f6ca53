"""A language server spoken to over stdio: just enough of the protocol to ask for definitions."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread, Timer
from typing import IO, Any, TypeAlias

Message: TypeAlias = dict[str, Any]


class ServerFailed(Exception):
    """The server ended, said nonsense, or took too long."""


class LanguageServer:
    """A running server; every answer must come within `seconds` of the start."""

    def __init__(self, command: Sequence[str], folder: Path, seconds: float) -> None:
        self._deadline = time.monotonic() + seconds
        self._inbox: SimpleQueue[Message | None] = SimpleQueue()
        self._last_id = 0
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder
            )
        except OSError as error:
            raise ServerFailed(str(error)) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input, output = self._process.stdin, self._process.stdout
        self._reader = Thread(target=_read_all, args=(output, self._inbox), daemon=True)
        self._reader.start()
        # A server that no longer reads leaves a write waiting; its end lets that write fail.
        self._end = Timer(seconds, self._process.kill)
        self._end.daemon = True
        self._end.start()

    def notify(self, method: str, params: Message) -> None:
        """Tells the server something."""
        self._send({"method": method, "params": params})

    def request(self, method: str, params: Message) -> Any:
        """Asks the server one thing and waits for the result."""
        return self.request_all(method, [params])[0]

    def request_all(self, method: str, many: Sequence[Message]) -> list[Any]:
        """Asks many things at once; the results in the order of the questions, None where the server had an error."""
        numbers: list[int] = []
        for params in many:
            self._last_id += 1
            numbers.append(self._last_id)
            self._send({"id": self._last_id, "method": method, "params": params})
        results: dict[int, Any] = {}
        while len(results) < len(numbers):
            message = self._receive()
            if "method" in message:
                self._answer(message)
            elif message.get("id") in numbers:
                results[message["id"]] = message.get("result")
        return [results[number] for number in numbers]

    def close(self) -> None:
        """Ends the server, however it is."""
        self._end.cancel()
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()

    def _answer(self, message: Message) -> None:
        """The server's own questions: it gets no configuration, and no promise."""
        if "id" not in message:
            return
        if message["method"] == "workspace/configuration":
            self._send({"id": message["id"], "result": [None for _ in message["params"]["items"]]})
        else:
            self._send({"id": message["id"], "result": None})

    def _send(self, message: Message) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        try:
            self._input.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
            self._input.flush()
        except OSError as error:
            raise ServerFailed(self._late or f"it no longer listens: {error}") from error

    @property
    def _late(self) -> str:
        return "it took too long" if time.monotonic() >= self._deadline else ""

    def _receive(self) -> Message:
        try:
            message = self._inbox.get(timeout=max(self._deadline - time.monotonic(), 0.001))
        except Empty:
            message = None
        if message is None:
            raise ServerFailed(self._late or "it ended")
        return message


def _read_all(stream: IO[bytes], inbox: SimpleQueue[Message | None]) -> None:
    """Puts the server's messages into the inbox, and None at the end."""
    with suppress(ValueError):
        while (message := _read(stream)) is not None:
            inbox.put(message)
    inbox.put(None)


def _read(stream: IO[bytes]) -> Message | None:
    length = 0
    while line := stream.readline():
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
        elif not line.strip():
            message: Message = json.loads(stream.read(length))
            return message
    return None
