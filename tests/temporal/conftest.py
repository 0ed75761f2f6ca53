"""A Temporal server for the whole folder, and programs run against it as a user runs them."""

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from waiting import PATIENCE

from durable.runner.temporal.server import Server, ServerOptions


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    started = Server(ServerOptions(tmp_path_factory.mktemp("temporal") / "temporal.db", is_fast=True))
    started.wait_until_ready()
    yield started
    started.stop()


@dataclass
class Place:
    """A directory with programs, and the cluster that they are run on."""

    folder: Path
    address: str
    children: list[subprocess.Popen[str]] = field(default_factory=list)

    def write(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return name

    def id(self) -> str:
        return f"t-{uuid.uuid4().hex[:10]}"

    def command(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "durable", name, "--address", self.address, *arguments]

    def durable(self, name: str, *arguments: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        stdin: dict[str, Any] = {"stdin": subprocess.DEVNULL} if typed is None else {"input": typed}
        return subprocess.run(
            self.command(name, *arguments), cwd=self.folder, capture_output=True, text=True, timeout=PATIENCE, **stdin
        )

    def begin(self, name: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            self.command(name, *arguments),
            cwd=self.folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.children.append(child)
        return child

    def json(self, name: str, *arguments: str) -> Any:
        done = self.durable(name, "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Iterator[Place]:
    found = Place(tmp_path, server.address)
    yield found
    for child in found.children:
        if child.poll() is None:
            child.kill()
        child.communicate()
