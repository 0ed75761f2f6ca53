"""durable and its peers side by side: python benchmarks/run.py [--only local,dbos] [--quick] [--json FILE] …"""

import argparse
import sys
from pathlib import Path

from contestants import ALL, Options
from measures import Numbers, measure
from report import Report, Section, as_json, notes, replace_section, table, this_machine, today

TOOLS = Path(sys.executable).parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure durable and its peers in one run.")
    parser.add_argument("--only", default=",".join(ALL), help=f"some of {','.join(ALL)}")
    parser.add_argument("--quick", action="store_true", help="fewer steps, one measurement of each instead of three")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write its section of that page anew")
    parser.add_argument("--durable", default=str(TOOLS / "durable"), metavar="PATH", help="the durable command")
    parser.add_argument("--temporal", default=str(TOOLS / "temporal"), metavar="PATH", help="the temporal command")
    parser.add_argument("--peers-python", default=sys.executable, metavar="PATH", help="a Python that has the peers")
    parser.add_argument("--restate", type=Path, metavar="FOLDER", help="where npm installed @restatedev/restate-server")
    options = parser.parse_args()
    unknown = [name for name in options.only.split(",") if name not in ALL]
    if unknown:
        parser.error(f"unknown contestant: {', '.join(unknown)} (there are {', '.join(ALL)})")
    return options


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    given = arguments()
    options = Options(given.durable, given.temporal, given.peers_python, given.restate)
    numbers: dict[str, Numbers] = {}
    skipped: dict[str, str] = {}
    for key in given.only.split(","):
        contestant = ALL[key](options)
        reason = contestant.missing()
        if reason is None:
            numbers[contestant.name] = measure(contestant, quick=given.quick, say=say)
        else:
            skipped[contestant.name] = reason
            say(f"skipped {contestant.name}: {reason}")
    report = Report(numbers, skipped, this_machine(), today())
    print(table(report), notes(report), sep="\n\n")
    if given.json:
        given.json.write_text(as_json(report))
    if given.write:
        replace_section(given.write, Section.PEERS, f"{table(report)}\n\n{notes(report)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
