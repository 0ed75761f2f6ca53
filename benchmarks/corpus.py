"""The corpus under `durable verify`, killed at every event: python benchmarks/corpus.py [PROGRAM …] [--keep FILE] …

With --keep, results are added to a file of JSON lines as they come; a program that stands there, unchanged and with at
least as many kills, is not verified again, so that an interrupted campaign goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "lib"))

from corpus import FOLDER, Program, corpus  # noqa: E402

ON_TEMPORAL = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Outcome:
    """What `durable verify` said of a program on one engine; `digest` is of the program's files."""

    program: str
    engine: str
    digest: str
    asked: int
    events: int
    kills: int
    differences: tuple[str, ...]

    def covers(self, kills: int) -> bool:
        """Say whether at least as many kill points were tried as are asked for (0: all)."""
        return self.asked == 0 or self.kills == self.events or 0 < kills <= self.asked

    @property
    def cell(self) -> str:
        return "same" if not self.differences else f"**{len(self.differences)} differences**"


def verify(program: Program, engine: str, kills: int) -> Outcome:
    """Verify `program` at `kills` points (0: all); a verification that ends without a report is a difference."""
    command = [sys.executable, "-m", "durable", "verify", "--json", "--engine", engine, "--kills", str(kills)]
    done = subprocess.run(
        [*command, *program.command],
        cwd=FOLDER,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report = json.loads(done.stdout)
    except json.JSONDecodeError:
        report = {"events": 0, "kills": 0, "differences": [done.stderr[-2000:]]}
    found = (report["events"], report["kills"], tuple(report["differences"]))
    return Outcome(program.name, engine, program.digest, kills, *found)


def kept(file: Path | None) -> dict[tuple[str, str], Outcome]:
    """Return the newest outcome of each program and engine in a file of JSON lines."""
    if file is None or not file.exists():
        return {}
    outcomes = [Outcome(**json.loads(line)) for line in file.read_text().splitlines()]
    return {(outcome.program, outcome.engine): outcome for outcome in outcomes}


def campaign(asked: Iterable[tuple[Program, str]], options: argparse.Namespace) -> Iterator[Outcome]:
    known = kept(options.keep)
    for program, engine in asked:
        outcome = known.get((program.name, engine))
        is_known = outcome is not None and outcome.digest == program.digest and outcome.covers(options.kills)
        if options.report:
            if outcome is not None:
                yield outcome
            continue
        if outcome is None or not is_known or (options.again and outcome.differences):
            outcome = verify(program, engine, options.kills)
            if options.keep:
                with options.keep.open("a") as file:
                    file.write(json.dumps(asdict(outcome)) + "\n")
            print(outcome.program, engine, outcome.kills, outcome.cell, file=sys.stderr, flush=True)
        yield outcome


def page(outcomes: list[Outcome], programs: list[Program]) -> str:
    """Return the outcomes as a Markdown table, a row for each program, and every difference below it."""
    found = {(outcome.program, outcome.engine): outcome for outcome in outcomes}
    kills = sum(outcome.kills for outcome in outcomes)
    bad = [outcome for outcome in outcomes if outcome.differences]
    remote = sum(outcome.engine == "temporal" for outcome in outcomes)
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d}: {len(programs)} programs, {remote} of them on Temporal too,"
        f" {kills} kills, {len(bad)} with differences.",
        "",
        "| program | what it shows | events | kills | local | Temporal (kills) |",
        "| --- | --- | ---: | ---: | --- | --- |",
    ]
    for program in programs:
        local, temporal = (found.get((program.name, engine)) for engine in ("local", "temporal"))
        numbers = f"{local.events} | {local.kills} | {local.cell}" if local else " | | "
        cluster = f"{temporal.cell} ({temporal.kills})" if temporal else ""
        lines.append(f"| {' '.join(program.command)} | {program.shows} | {numbers} | {cluster} |")
    for outcome in bad:
        text = "\n\n".join(outcome.differences).replace(sys.base_prefix, "<python>")
        lines += ["", f"## {outcome.program} on {outcome.engine}", "", "```text", text, "```"]
    return "\n".join(lines) + "\n"


def given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Verify the corpus of tests/programs, killed at every event.")
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="only these (default: all)")
    parser.add_argument(
        "--engine", choices=["local", "temporal"], help=f"only this one ({ON_TEMPORAL.name} names those)"
    )
    parser.add_argument("--kills", type=int, default=0, help="most kill points for each program (0: all)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="add the results to it; leave out what stands there")
    parser.add_argument("--again", action="store_true", help="verify again what differed in --keep's file")
    parser.add_argument("--report", action="store_true", help="verify nothing, tell what stands in --keep's file")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the table behind FILE's first line `---`")
    return parser.parse_args()


def main() -> int:
    options = given()
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a shell
        signal.signal(signal.SIGINT, signal.default_int_handler)
    programs = [each for each in corpus() if not options.programs or each.name in options.programs]
    remote = set(tomllib.loads(ON_TEMPORAL.read_text())["temporal"])
    asked = [(each, "local") for each in programs if options.engine != "temporal"]
    asked += [(each, "temporal") for each in programs if options.engine != "local" and each.name in remote]
    outcomes = list(campaign(asked, options))
    text = page(outcomes, programs)
    print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2) if options.json else text)
    if options.write:
        head = options.write.read_text().partition("\n---\n")[0] if options.write.exists() else "# The corpus\n"
        options.write.write_text(f"{head}\n---\n\n{text}")
    return int(any(outcome.differences for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
