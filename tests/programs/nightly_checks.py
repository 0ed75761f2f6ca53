"""Nightly checks of a small store: the tests stand in this file, pytest runs them in-process and stops at the first fault."""

import json
import sys
from pathlib import Path

import pytest

STORE = Path("store.json")


class Store:
    def __init__(self, path):
        self.path = path

    def put(self, key, value):
        data = self.all()
        data[key] = value
        self.path.write_text(json.dumps(data))

    def all(self):
        return json.loads(self.path.read_text()) if self.path.exists() else {}


@pytest.fixture
def store(request):
    made = Store(STORE)
    request.addfinalizer(lambda: STORE.rename(f"{request.node.name}.json"))
    return made


@pytest.mark.parametrize("key", ["nuts", "bolts"])
def test_put(store, key):
    store.put(key, len(key))
    assert store.all() == {key: len(key)}


def test_many(store, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 5.0)
    for number in range(3):
        store.put(str(number), __import__("time").time())
    assert list(store.all().values()) == [5.0] * 3


@pytest.mark.xfail(reason="no transactions yet", strict=True)
def test_rolls_back(store):
    store.put("a", 1)
    with pytest.raises(TypeError):
        store.put("b", object())
    assert "a" not in store.all()


def test_missing(store):
    STORE.write_text("{broken")
    store.all()


def test_never_reached():
    Path("never").touch()


class Watchman:
    def pytest_runtest_logstart(self, nodeid):
        with open("watch.log", "a") as log:
            print("at", nodeid.partition("::")[2], file=log)

    def pytest_terminal_summary(self, terminalreporter):
        counts = {name: len(found) for name, found in terminalreporter.stats.items() if name in ("passed", "failed", "xfailed")}
        Path("summary.json").write_text(json.dumps(counts, sort_keys=True))


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    Path("pytest.ini").write_text("[pytest]\n")
    keep, sys.stdout = sys.stdout, open("report.txt", "w")
    try:
        code = pytest.main(["-x", "-c", "pytest.ini", "--capture=sys", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:asyncio", __file__], [Watchman()])
    finally:
        sys.stdout.close()
        sys.stdout = keep
    print(Path("watch.log").read_text(), Path("summary.json").read_text())
    report = Path("report.txt").read_text()
    Path("report.txt").unlink()
    print("JSONDecodeError" in report, "stopping after 1 failures" in report, sorted(path.name for path in Path(".").glob("test_*.json")))
    sys.exit(code)
