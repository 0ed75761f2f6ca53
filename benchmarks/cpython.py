"""CPython's own tests as durable programs: python benchmarks/cpython.py [MODULE …] [--keep FOLDER] [--write FILE] …

A copy of each test file is the entry script, so that the test code itself is compiled. It runs plain and under
`durable run` with the same arguments, and the outcomes are compared test by test.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatch
from functools import cached_property
from itertools import groupby
from pathlib import Path

import test  # type: ignore[import-not-found]

TESTS = Path(test.__file__).parent
CAUSES = Path(__file__).with_name("cpython.toml")
MAIN = "\n\nif __name__ == '__main__':\n    import unittest\n    unittest.main()\n"
STARTED = re.compile(r"^(\w+) \(((?:__main__|test)[\w.<>]*)\)", re.MULTILINE)
FAULT = re.compile(r"^(ERROR|FAIL|UNEXPECTED SUCCESS): (\w+) \(([\w.<>]+)\)", re.MULTILINE)
SKIPPED = re.compile(r"\.\.\. skipped ['\"]")
ENDED = re.compile(r"^Ran \d+ tests? in ", re.MULTILINE)


@dataclass(frozen=True)
class Difference:
    """A test whose outcome is not that of plain Python; `cause` is empty while nobody knows it."""

    test: str
    plain: str
    durable: str
    cause: str = ""


@dataclass(frozen=True)
class Performance:
    """One run of a test file: its outcome by test, its length in seconds, what it printed."""

    outcomes: Mapping[str, str]
    seconds: float
    output: str

    @property
    def passes(self) -> int:
        return sum(outcome == "ok" for outcome in self.outcomes.values())


@dataclass(frozen=True)
class Comparison:
    """A test file run both ways."""

    module: str
    plain: Performance
    durable: Performance
    steps: int
    causes: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def differences(self) -> list[Difference]:
        """Return the tests that pass in plain Python and do not when durable, or the other way round."""
        found = []
        for name in dict.fromkeys([*self.plain.outcomes, *self.durable.outcomes]):
            plain, durable = (run.outcomes.get(name, "missing") for run in (self.plain, self.durable))
            if plain != durable:
                found.append(Difference(name, plain, durable, cause_of(name, self.causes)))
        return found

    @property
    def row(self) -> list[str]:
        plain, durable = self.plain, self.durable
        numbers = [len(plain.outcomes), plain.passes, durable.passes, len(self.differences), self.steps]
        return [self.module, *map(str, numbers), f"{plain.seconds:.1f}", f"{durable.seconds:.1f}"]


def cause_of(test: str, causes: Mapping[str, str]) -> str:
    return next((cause for pattern, cause in causes.items() if fnmatch(test, pattern)), "")


def name_of(method: str, dotted: str) -> str:
    """Give one name to a test: unittest repeats the method in the dotted name, doctest does not."""
    short = dotted.removeprefix("__main__.")
    return short if short.split(".")[-1] == method else f"{short}.{method}"


def outcomes(output: str) -> dict[str, str]:
    """Return the outcome of each test of a verbose unittest run: ok, skipped, error, fail, unexpected success.

    A test that had begun when the run was cut short is `unfinished`.
    """
    starts = list(STARTED.finditer(output))
    ends = [*(start.start() for start in starts), len(output)][1:]
    found = {}
    for start, end in zip(starts, ends, strict=False):
        skipped = SKIPPED.search(output, start.end(), end)
        found[name_of(start[1], start[2])] = "skipped" if skipped else "ok"
    if found and not ENDED.search(output):
        found[list(found)[-1]] = "unfinished"
    found.update({name_of(fault[2], fault[3]): fault[1].lower() for fault in FAULT.finditer(output)})
    return found


def copy_of(module: str, folder: Path) -> Path:
    """Copy the test file of `module` (dotted below `test`) there; its main guard, if any, is to run its tests."""
    place = TESTS / module.replace(".", "/")
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    copy = folder / f"{place.name}.py"
    code, guard, rest = source.read_bytes().partition(b"\nif __name__ == ")
    runs = b"unittest.main(" in rest or b"test_main(" in rest or b"run_unittest(" in rest
    copy.write_bytes(code + guard + rest if runs else code + MAIN.encode() + guard + rest)
    return copy


def perform(command: list[str], folder: Path, timeout: float) -> Performance:
    begun = time.perf_counter()
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout, check=False
        )
        out, err = done.stdout, done.stderr
    except subprocess.TimeoutExpired as expired:
        out, err = expired.stdout or b"", expired.stderr or b""
    output = (err + b"\n" + out).decode("utf-8", "replace")
    return Performance(outcomes(output), time.perf_counter() - begun, output)


def steps_of(command: list[str], folder: Path) -> int:
    listed = subprocess.run([*command, "ps", "--json"], cwd=folder, capture_output=True, text=True, check=False)
    return sum(run["steps"] for run in json.loads(listed.stdout or "[]"))


def compare(module: str, options: argparse.Namespace) -> Comparison:
    """Run `module` both ways, each in a new folder."""
    tried = []
    steps = 0
    durable = [sys.executable, "-m", "durable"]
    for kind, command in ("plain", [sys.executable]), ("durable", [*durable, "run"]):
        with tempfile.TemporaryDirectory(prefix="cpython-") as name:
            folder = Path(name)
            (folder / "pyproject.toml").touch()
            script = copy_of(module, folder)
            tried.append(perform([*command, script.name, "-v", *options.arguments], folder, options.timeout))
            if kind == "durable":
                steps = steps_of(durable, folder)
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            (options.keep / f"{module}.{kind}.txt").write_text(tried[-1].output)
    causes = tomllib.loads(CAUSES.read_text())
    plain, performed = tried
    return Comparison(module, plain, performed, steps, causes.get(module.split(".")[-1], {}))


def table(rows: Iterable[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def rows_of(differences: list[Difference]) -> Iterator[list[str]]:
    """One row a difference; those that were not reached, for the same cause, share one."""
    for (plain, durable, cause), group in groupby(differences, lambda each: (each.plain, each.durable, each.cause)):
        names = [f"`{each.test}`" for each in group]
        if durable == "missing" and len(names) > 2:
            names = [f"{names[0]} … {names[-1]} ({len(names)})"]
        yield from ([name, plain, durable, cause or "?"] for name in names)


def report(comparisons: list[Comparison]) -> str:
    """Return the numbers and all differences as a Markdown page."""
    head = ["module", "tests", "plain passes", "durable passes", "differences", "steps", "plain s", "durable s"]
    rows = [head, ["---", *["---:"] * (len(head) - 1)], *(comparison.row for comparison in comparisons)]
    tests = sum(len(comparison.plain.outcomes) for comparison in comparisons)
    differing = sum(len(comparison.differences) for comparison in comparisons)
    lines = [
        f"CPython {platform.python_version()} on {platform.system()}, {datetime.now(UTC):%Y-%m-%d}:"
        f" {tests} tests in {len(comparisons)} files, {differing} with another outcome than in plain Python.",
        "",
        table(rows),
    ]
    for comparison in comparisons:
        if comparison.differences:
            lines += [
                "",
                f"## {comparison.module}",
                "",
                "| test | plain | durable | cause |",
                "| --- | --- | --- | --- |",
            ]
            lines += [table([row]) for row in rows_of(comparison.differences)]
    return "\n".join(lines) + "\n"


def as_json(comparisons: list[Comparison]) -> str:
    return json.dumps(
        [
            {
                "module": comparison.module,
                "tests": len(comparison.plain.outcomes),
                "plain": comparison.plain.passes,
                "durable": comparison.durable.passes,
                "steps": comparison.steps,
                "differences": [asdict(difference) for difference in comparison.differences],
            }
            for comparison in comparisons
        ],
        indent=2,
    )


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run CPython's own tests as durable programs.")
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="below `test`: test_with, test_json.test_decode …")
    parser.add_argument("-k", dest="pattern", metavar="PATTERN", help="only the tests that match (as unittest's -k)")
    parser.add_argument("--timeout", type=float, default=900, metavar="SECONDS", help="for one run of one file")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep what the runs printed there")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the report behind FILE's first line `---`")
    given = parser.parse_args()
    given.arguments = ["-k", given.pattern] if given.pattern else []
    given.modules = given.modules or tomllib.loads(CAUSES.read_text())["modules"]
    return given


def main() -> int:
    given = options()
    comparisons = []
    for module in given.modules:
        comparisons.append(compare(module, given))
        print(" ".join(comparisons[-1].row), file=sys.stderr, flush=True)
    print(as_json(comparisons) if given.json else report(comparisons))
    if given.write:
        kept = given.write.read_text().partition("\n---\n")[0] if given.write.exists() else "# CPython's own tests\n"
        given.write.write_text(f"{kept}\n---\n\n{report(comparisons)}")
    return int(any(not difference.cause for comparison in comparisons for difference in comparison.differences))


if __name__ == "__main__":
    sys.exit(main())
