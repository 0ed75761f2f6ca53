"""Checks a recipe folder with pytest in-process: tests are made from its files by a plugin, fixtures keep a kitchen log."""

import io
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

import pytest

RECIPES = {"bread": "flour 500\nwater 350\n", "soup": "water 1000\nsalt ten\n", "tea": "water 250\n"}
TESTS = """
import time
from pathlib import Path

def test_amounts(recipe, kitchen):
    for line in recipe.read_text().splitlines():
        name, amount = line.split()
        kitchen.append(name)
        assert int(amount) > 0

def test_has_water(recipe):
    assert "water" in recipe.read_text()

class TestOven:
    def setup_method(self):
        Path("oven").write_text("on")

    def teardown_method(self):
        Path("oven").unlink()

    def test_heats(self, capsys):
        time.sleep(0.02)
        print(Path("oven").read_text())
        assert capsys.readouterr().out == "on\\n"

    def test_burns(self, tmp_path):
        (tmp_path / "toast").write_text("black")
        with open("smoke", "a") as file:
            file.write("!")
        raise OSError(5, "smoke")
"""


class Cookbook:
    """Gives the tests their recipes, and writes down how each ended."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = []

    def pytest_generate_tests(self, metafunc):
        if "recipe" in metafunc.fixturenames:
            paths = sorted(self.folder.glob("*.txt"))
            metafunc.parametrize("recipe", paths, ids=[path.stem for path in paths])

    @pytest.fixture(scope="session")
    def kitchen(self):
        used = []
        yield used
        Path("used.txt").write_text(" ".join(used))

    @pytest.fixture(autouse=True)
    def clean(self, request):
        started = time.monotonic()
        yield
        with open("kitchen.log", "a") as log:
            log.write(f"{request.node.name} {time.monotonic() >= started}\n")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item, call):
        outcome = yield
        report = outcome.get_result()
        if report.when == "call":
            self.lines.append(f"{item.name}: {report.outcome} {call.excinfo.typename if call.excinfo else ''}".strip())

    def pytest_sessionfinish(self, exitstatus):
        Path("exit.txt").write_text(str(int(exitstatus)))


def main():
    folder = Path("recipes")
    folder.mkdir()
    for name, text in RECIPES.items():
        (folder / f"{name}.txt").write_text(text)
    Path("test_recipes.py").write_text(TESTS)
    Path("pytest.ini").write_text("[pytest]\n")
    book = Cookbook(folder)
    options = ["-q", "-c", "pytest.ini", "--capture=sys", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:asyncio", "--tb=line"]
    with redirect_stdout(io.StringIO()) as said:
        code = pytest.main([*options, "--basetemp=tmp", "test_recipes.py"], [book])
    print(*book.lines, sep="\n")
    print(code.name, Path("exit.txt").read_text(), "2 failed, 6 passed" in said.getvalue())
    print(Path("used.txt").read_text(), len(Path("kitchen.log").read_text().splitlines()), Path("smoke").read_text())
    with redirect_stdout(io.StringIO()):
        print(pytest.main([*options, "-k", "tea", "test_recipes.py"], [Cookbook(folder)]), file=sys.stderr)


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    main()
