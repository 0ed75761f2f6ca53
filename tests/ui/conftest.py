"""`durable ui` for a test: in this process for a test client, or served by the command to a real Chromium."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from starlette.testclient import TestClient
from waiting import PATIENCE

from durable.runner.ui.application import application
from durable.runner.ui.board import Board
from durable.runner.ui.guard import Keys

PORT = 8321
HOST = f"http://127.0.0.1:{PORT}"


@pytest.fixture
def start(project: Any) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start `durable` commands that are ended with the test."""
    begun: list[subprocess.Popen[str]] = []

    def start(*args: str) -> subprocess.Popen[str]:
        begun.append(project.start(*args))
        return begun[-1]

    yield start
    for process in begun:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def stranger(project: Any, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A client of the project's pages that has no token; it never leaves this process."""
    monkeypatch.chdir(project.folder)
    for name, value in project.environment().items():
        monkeypatch.setenv(name, value)
    return client_of(Board(None))


def client_of(board: Board) -> TestClient:
    keys = Keys(PORT)
    client = TestClient(application(board, keys), base_url=HOST, follow_redirects=False, raise_server_exceptions=False)
    client.keys = keys  # type: ignore[attr-defined]
    return client


@pytest.fixture
def client(stranger: Any) -> TestClient:
    """The same client with the cookie that the token gives."""
    return admitted(stranger)


def admitted(client: Any) -> TestClient:
    assert client.get(client.keys.address).status_code == 303
    client.headers["origin"] = HOST
    return client


@pytest.fixture
def pages(start: Callable[..., subprocess.Popen[str]]) -> Iterator[str]:
    """The address that `durable ui` prints."""
    process = start("ui", "--no-open")
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.send_signal(signal.SIGINT)
    assert process.wait(PATIENCE) == 0


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A headless Chromium with a profile of its own."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    driver = shutil.which("chromedriver")
    assert chromium, "scripts/browser installs Chromium"
    assert driver, "scripts/browser installs ChromeDriver"
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run"):
        options.add_argument(argument)
    options.add_argument(f"--user-data-dir={tmp_path / 'chromium'}")
    options.add_argument("--window-size=1200,1000")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    found = webdriver.Chrome(options=options, service=Service(driver))
    try:
        yield found
    finally:
        found.quit()
