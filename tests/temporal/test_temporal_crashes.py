"""Workers and servers that die: the run goes on, nothing recorded is done again."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from durable.runner.temporal.server import Server, ServerOptions

LEDGER = """
import os, sys, time

print("start")
for number in range(int(sys.argv[1])):
    fd = os.open("ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(fd, f"{number}\\n".encode())
    os.close(fd)
    time.sleep(0.1)
print("sum", sum(range(int(sys.argv[1]))))
"""


def check_ledger(lines: list[str], count: int, kills: int) -> None:
    """Every number is there, in order; only what was in flight at a kill may be there twice."""
    assert list(dict.fromkeys(lines)) == [str(number) for number in range(count)]
    assert len(lines) <= count + kills


def test_the_same_command_goes_on_after_a_kill(place: Any, until: Callable[..., Any]) -> None:
    script = place.write("ledger.py", LEDGER)
    run = place.id()
    running = place.begin("run", "--id", run, script, "12")
    until(lambda: len(place.lines("ledger")) >= 4, "the fourth step")
    running.kill()
    running.communicate()
    done = place.durable("run", "--id", run, script, "12")
    assert (done.stdout, done.returncode) == ("start\nsum 66\n", 0)
    check_ledger(place.lines("ledger"), 12, kills=1)


def test_a_killed_workers_run_is_finished_by_another(place: Any, until: Callable[..., Any]) -> None:
    script = place.write("ledger.py", LEDGER)
    first = place.begin("worker", script)
    run = place.durable("deploy", "--start", script, "15").stdout.strip()
    until(lambda: len(place.lines("ledger")) >= 4, "the fourth step")
    second = place.begin("worker", script)
    first.kill()
    until(lambda: place.json("show", run)["status"] == "completed", "the end of the run")
    assert place.durable("logs", run).stdout == "start\nsum 105\n"
    check_ledger(place.lines("ledger"), 15, kills=1)
    second.send_signal(signal.SIGTERM)
    second.communicate()
    assert second.returncode == 0


HOLDER = """
import os, sqlite3, time

db = sqlite3.connect("shop.db", timeout=60)
db.execute("CREATE TABLE sold (what)")
db.commit()
db.execute("INSERT INTO sold VALUES ('a book')")
os.mkdir("begun")
time.sleep(3)
os.mkdir("over")
db.execute("INSERT INTO sold VALUES ('a pen')")
db.commit()
print(db.execute("SELECT what FROM sold ORDER BY what").fetchall())
"""


def test_a_worker_that_was_slow_lets_go_of_a_run_that_another_has_taken(place: Any, until: Callable[..., Any]) -> None:
    script = place.write("holder.py", HOLDER)
    slow = place.begin("worker", script)
    run = place.durable("deploy", "--start", script).stdout.strip()
    until((place.folder / "begun").exists, "the sleep within the transaction")
    slow.send_signal(signal.SIGSTOP)
    place.begin("worker", script)
    until((place.folder / "over").exists, "the second worker")
    slow.send_signal(signal.SIGCONT)  # the second one's connection waits for the lock of this one's
    until(lambda: place.json("show", run)["status"] == "completed", "the end of the run")
    assert place.durable("logs", run).stdout == "[('a book',), ('a pen',)]\n"
    assert slow.poll() is None


def test_two_workers_share_many_runs(place: Any, until: Callable[..., Any]) -> None:
    script = place.write("ledger.py", LEDGER)
    for _ in range(2):
        place.begin("worker", script)
    runs = [place.durable("deploy", "--start", script, "3").stdout.strip() for _ in range(4)]
    ended = lambda: [row for row in place.json("ps") if row["id"] in runs and row["status"] == "completed"]  # noqa: E731
    until(lambda: len(ended()) == 4, "the end of all runs")
    assert sorted(place.lines("ledger")) == sorted(["0", "1", "2"] * 4)


def test_the_server_dies_and_comes_back(place: Any, tmp_path: Path, until: Callable[..., Any]) -> None:
    options = ServerOptions(tmp_path / "own" / "temporal.db", is_fast=True)
    server = Server(options)
    server.wait_until_ready()
    place.address = server.address
    script = place.write("ledger.py", LEDGER)
    running = place.begin("run", "--id", "r", script, "12")
    until(lambda: len(place.lines("ledger")) >= 3, "the third step")
    server.kill()
    again = Server(ServerOptions(options.db, port=server.port, is_fast=True))
    try:
        again.wait_until_ready()
        stdout, stderr = running.communicate()
        assert (stdout, running.returncode) == ("start\nsum 66\n", 0), stderr
        assert place.lines("ledger") == [str(number) for number in range(12)]
    finally:
        again.stop()


def test_a_server_that_is_away_is_waited_for(place: Any, tmp_path: Path, until: Callable[..., Any]) -> None:
    from durable.runner.temporal.server import free_port

    port = free_port()
    place.address = f"127.0.0.1:{port}"
    running = place.begin("run", place.write("hello.py", "print('hello')\n"))
    assert running.stderr is not None
    assert running.stderr.readline() == f"durable: waiting for the Temporal server at 127.0.0.1:{port}\n"
    server = Server(ServerOptions(tmp_path / "late" / "temporal.db", port=port, is_fast=True))
    try:
        assert running.communicate()[0] == "hello\n"
        assert running.returncode == 0
    finally:
        server.stop()


def test_a_worker_takes_over_the_run_of_a_dead_process(place: Any, until: Callable[..., Any]) -> None:
    script = place.write("ledger.py", LEDGER)
    run = place.id()
    running = place.begin("run", "--id", run, script, "12")
    until(lambda: len(place.lines("ledger")) >= 4, "the fourth step")
    running.kill()
    place.begin("worker", script)
    until(lambda: place.json("show", run)["status"] == "completed", "the end of the run")
    check_ledger(place.lines("ledger"), 12, kills=1)
