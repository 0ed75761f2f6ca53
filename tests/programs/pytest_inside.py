"""Writes a test file and runs pytest on it in-process, with a plugin object, fixtures, parameters and an exit code."""

import contextlib
import io
import sys
from pathlib import Path

import pytest

TESTS = '''
import pytest
from pathlib import Path

@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    path = Path("shelf")
    path.mkdir()
    yield path
    (path / "closed").touch()

@pytest.fixture
def book(shelf, request):
    path = shelf / request.param
    path.write_text(request.param * 3)
    return path

@pytest.mark.parametrize("book", ["a", "bb"], indirect=True)
def test_size(book):
    assert book.stat().st_size == 3 * len(book.name)

@pytest.mark.parametrize("n", [1, 2])
def test_even(n, extra):
    assert n % 2 == 0, extra

def test_error(shelf):
    with pytest.raises(FileNotFoundError, match="nothing"):
        (shelf / "nothing").read_text()

def test_patch(monkeypatch):
    monkeypatch.chdir("shelf")
    monkeypatch.setenv("HOME", "/nowhere")
    assert Path.home() == Path("/nowhere")
    assert Path("a").exists()

def test_output(capsys):
    print("hidden")
    assert capsys.readouterr().out == "hidden\\n"

@pytest.mark.skip(reason="not today")
def test_skipped():
    pass
'''


class Reporter:
    def __init__(self):
        self.outcomes = []

    @pytest.fixture
    def extra(self):
        return Path("extra.txt").read_text()

    def pytest_collection_modifyitems(self, items):
        print("collected", len(items))
        items.sort(key=lambda item: item.name == "test_error")

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.skipped:
            self.outcomes.append((report.nodeid.partition("::")[2], report.outcome))
            with open("outcomes.txt", "a") as file:
                print(*self.outcomes[-1], file=file)


def main():
    Path("test_shelf.py").write_text(TESTS)
    Path("pytest.ini").write_text("[pytest]\n")
    Path("extra.txt").write_text("extra!")
    reporter = Reporter()
    with contextlib.redirect_stdout(io.StringIO()) as output:
        code = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:asyncio", "--capture=sys", "-c", "pytest.ini", "test_shelf.py"], [reporter])
    for outcome in reporter.outcomes:
        print(*outcome)
    print(code, "1 failed" in output.getvalue(), "extra!" in output.getvalue(), "assert (1 % 2) == 0" in output.getvalue())
    print(Path("outcomes.txt").read_text().count("passed"), sorted(path.name for path in Path("shelf").iterdir()))
    return int(code)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    sys.exit(main())
