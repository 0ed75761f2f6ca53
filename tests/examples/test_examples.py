"""The examples in plain Python, against their world: what they print, write, mail and ask of it."""

import csv
import gzip
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
WORLD = [sys.executable, str(EXAMPLES / "orders" / "world.py"), "--http-port", "0", "--smtp-port", "0"]
PROGRAMS = ["orders/orders.py", "backup.py", "fetch_all.py", "approval.py"]


@dataclass(frozen=True)
class World:
    """A running world.py: the environment it gives to programs, and what it has logged."""

    environment: dict[str, str]
    log: Path

    def requests(self, kind: str) -> list[dict[str, Any]]:
        entries = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [entry for entry in entries if entry["kind"] == kind]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    log = tmp_path / "world.log"
    command = [*WORLD, "--log", str(log), "--until-stdin-closes"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield World(dict(pair.split("=", 1) for pair in line.split()), log)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 0


def run(program: str, cwd: Path, *, typed: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, EXAMPLES / program],
        cwd=cwd,
        env=os.environ | environment,
        input=typed,
        capture_output=True,
        text=True,
    )


def handled(database: Path) -> dict[str, list[int]]:
    db = sqlite3.connect(database)
    try:
        rows = db.execute("SELECT status, order_id FROM handled ORDER BY order_id").fetchall()
    finally:
        db.close()
    return {status: [order for each, order in rows if each == status] for status in {status for status, _ in rows}}


def test_orders_ships_asks_records_and_reports(world: World, tmp_path: Path) -> None:
    done = run("orders/orders.py", tmp_path, typed="yes\nno\n", PAUSE="0", **world.environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("is over the limit") == 2
    assert done.stdout.endswith(
        "declined: 1 orders, 5,123.45\n"
        "rejected: 1 orders, 55.60\n"
        "shipped: 23 orders, 8,122.08\n"
        "wrote report.csv, mailed manager@shop.example\n"
    )
    rows = handled(tmp_path / "orders.db")
    shipped = [order for order in range(1001, 1026) if order not in (1012, 1018)]
    assert rows == {"declined": [1018], "rejected": [1012], "shipped": shipped}
    with (tmp_path / "report.csv").open(newline="") as file:
        report = list(csv.DictReader(file))
    assert [int(row["order"]) for row in report] == list(range(1001, 1026))
    assert report[4] == {
        "order": "1005",
        "customer": "Edsger Dijkstra",
        "amount": "2480.00",
        "status": "shipped",
        "note": "S-1005",
    }
    http = world.requests("http")
    assert [entry["path"] for entry in http if entry["method"] == "GET"] == [f"/orders?page={n}" for n in (1, 2, 3, 4)]
    posted = {entry["body"]["order"]: entry["status"] for entry in http if entry["method"] == "POST"}
    assert posted == dict.fromkeys(shipped, 201) | {1012: 422}
    assert sum(entry["method"] == "POST" for entry in http) == len(posted)
    (mail,) = world.requests("smtp")
    assert mail["recipients"] == ["manager@shop.example"]
    assert "shipped: 23 orders, 8,122.08" in mail["message"]


def test_orders_ships_nothing_twice_when_it_runs_again(world: World, tmp_path: Path) -> None:
    for typed in ("no\nno\n", ""):
        done = run("orders/orders.py", tmp_path, typed=typed, PAUSE="0", **world.environment)
        assert done.returncode == 0
    assert done.stdout.count("was handled before") == 25
    assert sum(entry["method"] == "POST" for entry in world.requests("http")) == 23
    assert handled(tmp_path / "orders.db")["declined"] == [1005, 1018]


def test_orders_says_the_same_whatever_the_ports_are(world: World, tmp_path: Path) -> None:
    outputs = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        done = run("orders/orders.py", tmp_path / name, typed="yes\nyes\n", PAUSE="0", **world.environment)
        outputs.append((done.stdout, (tmp_path / name / "report.csv").read_bytes()))
    assert outputs[0] == outputs[1]
    assert "127.0.0.1" not in outputs[0][0]


def test_world_records_the_idempotency_key(world: World) -> None:
    import requests

    api = world.environment["ORDERS_API"]
    for key in ("k-1", None):
        headers = {"Idempotency-Key": key} if key else {}
        requests.post(f"{api}/shipments", json={"order": 1001}, headers=headers, timeout=30).close()
    assert [entry["idempotency_key"] for entry in world.requests("http")] == ["k-1", None]


def test_world_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    with subprocess.Popen(WORLD, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ORDERS_API=")
        process.terminate()
        assert process.communicate() == ("", "")
        assert process.returncode == 0


@pytest.mark.skipif(shutil.which("gzip") is None, reason="needs gzip")
def test_backup_copies_packs_and_counts(tmp_path: Path) -> None:
    notes = sorted((EXAMPLES / "notes").glob("*.txt"))
    first, second = run("backup.py", tmp_path), run("backup.py", tmp_path)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    assert first.stdout.endswith("10 total\n")
    for note in notes:
        copy = tmp_path / "backup" / note.name
        assert copy.read_text() == note.read_text()
        assert gzip.decompress(copy.with_suffix(".txt.gz").read_bytes()) == note.read_bytes()


def test_fetch_all_prints_in_the_order_asked_for(world: World, tmp_path: Path) -> None:
    done = run("fetch_all.py", tmp_path, **world.environment)
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [(status, path) for status, _, path in lines[:-1]] == [
        ("200", "/orders"),
        ("200", "/orders"),
        ("200", "/orders/1001"),
        ("200", "/orders/1005"),
        ("404", "/orders/9999"),
        ("404", "/nowhere"),
        ("200", "/orders"),
    ]
    assert lines[-1] == ["7", "pages,", str(sum(int(size) for _, size, _ in lines[:-1])), "bytes"]
    assert len(world.requests("http")) == 7


@pytest.mark.parametrize(("typed", "last", "code"), [("yes\n", "paid", 0), ("no\n", "not paid", 1)])
def test_approval_takes_the_answer(tmp_path: Path, typed: str, last: str, code: int) -> None:
    done = run("approval.py", tmp_path, typed=typed)
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.endswith(f"pay it? [yes/no] {last}\n")


def test_approval_escalates_when_nobody_answers(tmp_path: Path) -> None:
    environment = os.environ | {"APPROVAL_SECONDS": "0.2"}
    with subprocess.Popen(
        [sys.executable, EXAMPLES / "approval.py"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.wait() == 2
        out, err = process.communicate()
    assert out.endswith("\nno answer in time: handed to the head of accounting\n")
    assert err == ""


def test_no_example_knows_of_durable() -> None:
    for program in PROGRAMS:
        assert "durable" not in (EXAMPLES / program).read_text()


def test_every_program_has_verify_settings() -> None:
    settings = tomllib.loads((EXAMPLES / "pyproject.toml").read_text())["tool"]["durable"]["verify"]
    assert sorted(settings) == sorted(PROGRAMS)
