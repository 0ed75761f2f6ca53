"""Who may see the pages of `durable ui`: nobody without the token, nobody through another page."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

PORT = 8321
HOST = f"http://127.0.0.1:{PORT}"
PATHS = ("/", "/run?id=june", "/run/graph?id=june", "/run/strands?id=june", "/run/output?id=june", "/live.js")


@pytest.mark.parametrize("path", PATHS)
def test_without_the_token_nothing_is_shown(stranger: Any, path: str) -> None:
    for asked in (path, "/?token=wrong", "/?token="):
        answer = stranger.get(asked)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "text/plain; charset=utf-8")
        assert "token is missing or wrong" in answer.text
    stranger.cookies.set(stranger.keys.cookie, "guessed")
    assert stranger.get(path).status_code == 403


def test_the_token_gives_a_cookie_for_this_site_alone(stranger: Any) -> None:
    answer = stranger.get(stranger.keys.address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert stranger.keys.token not in cookie
    assert stranger.get("/").status_code == 200
    assert stranger.get("/live.js?token=wrong").status_code == 200


def test_the_address_given_to_the_browsers_process_opens_once(stranger: Any) -> None:
    address = stranger.keys.address_for_once()
    assert stranger.get(address).status_code == 303
    stranger.cookies.clear()
    assert stranger.get(address).status_code == 403
    assert stranger.get(stranger.keys.address).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": f"evil.example:{PORT}"},
        {"host": f"127.0.0.1:{PORT + 1}"},
        {"host": "127.0.0.1"},
        {"host": ""},
        {"origin": "http://evil.example"},
        {"origin": f"http://127.0.0.1:{PORT + 1}"},
        {"origin": f"http://localhost:{PORT}"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_comes_from_elsewhere_is_refused_with_the_right_cookie_too(
    client: Any, method: str, headers: dict[str, str]
) -> None:
    path = "/" if method == "GET" else "/run/cancel"
    data = {"id": "june"} if method == "POST" else None
    assert client.request(method, path, headers=headers, data=data).status_code == 403


def test_a_form_must_say_where_it_comes_from(client: Any) -> None:
    del client.headers["origin"]
    assert client.get("/").status_code == 200
    assert client.post("/run/cancel", data={"id": "june"}).status_code == 403
    assert client.post("/run/cancel", data={"id": "june"}, headers={"origin": HOST}).status_code == 404
    assert client.get("/run/cancel?id=june").status_code == 405


def test_localhost_is_this_machine_as_well(client: Any) -> None:
    host = f"localhost:{PORT}"
    assert client.get("/", headers={"host": host, "origin": f"http://{host}"}).status_code == 200


def test_every_answer_forbids_to_load_or_run_anything_else(client: Any) -> None:
    for path in ("/", "/run?id=nothing", "/nothing", "/style.css"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
    refused = client.get("/", headers={"host": "evil.example"})
    assert "default-src 'none'" in refused.headers["content-security-policy"]
    page = client.get("/").text
    assert set(re.findall(r'(?:src|href)="([^"]*)"', page)) <= {"/", "/style.css", "/live.js", "data:,"}


def test_a_form_that_is_too_large_or_none_is_refused(client: Any) -> None:
    assert client.post("/run/answer", content=b"{}", headers={"content-type": "text/plain"}).status_code == 400
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert client.post("/run/answer", content=b"id=" + b"a" * 2_000_000, headers=form).status_code == 413
    assert client.post("/run/answer", content=b"id=%ff", headers=form).status_code == 400
    assert client.post("/run/answer", data={"id": "june"}).status_code == 400
    assert client.post("/run/signal", data={"id": "june", "name": " "}).status_code == 400


def test_the_command_listens_on_loopback_only_and_prints_its_address_once(
    project: Any, start: Callable[..., subprocess.Popen[str]]
) -> None:
    served = start("ui", "--no-open")
    assert served.stdout is not None
    address = served.stdout.readline().strip()
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)/\?token=[\w-]{40,}", address)
    assert found is not None
    port = int(found[1])
    refused = project.durable("ui", "--no-open", "--port", str(port))
    assert (refused.returncode, f"port {port} cannot be had" in refused.stderr) == (2, True)
    tables = [Path("/proc/net") / name for name in ("tcp", "tcp6")]
    listening = "".join(table.read_text() for table in tables if table.exists())
    assert re.findall(rf"(\w+):{port:04X} \w+:0000 0A", listening) == ["0100007F"]
    served.terminate()
    assert served.wait(60) == 0
    assert served.stdout.read() == ""


def test_without_the_extra_the_command_says_what_to_install(project: Any) -> None:
    blocked = "import sys; sys.modules['uvicorn'] = None; sys.argv = ['durable', 'ui']"
    done = project.python("-c", f"{blocked}; import durable.__main__; durable.__main__.main()")
    assert (done.returncode, done.stderr) == (2, "durable: uvicorn is not installed: pip install 'durable[ui]'\n")
