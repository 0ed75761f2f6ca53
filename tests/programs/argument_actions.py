"""A photo sorter: argparse with types and actions that look at files, mutually exclusive options, real arguments."""

import argparse
import datetime
import logging
import os
import sys
from pathlib import Path

log = logging.getLogger("photos")


class Folder(argparse.Action):
    def __call__(self, parser, namespace, value, option=None):
        path = Path(value)
        if path.is_file():
            parser.error(f"{value} is a file")
        path.mkdir(parents=True, exist_ok=True)
        setattr(namespace, self.dest, path)


def size(text):
    units = {"k": 1024, "m": 1024**2}
    try:
        return int(text[:-1]) * units[text[-1].lower()] if text[-1].isalpha() else int(text)
    except (KeyError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is no size") from None


def parse(argv):
    parser = argparse.ArgumentParser(prog="photos", exit_on_error=True, epilog=f"in {Path.cwd().name or '/'}"[:3])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--to", action=Folder, default=Path("sorted"), metavar="FOLDER")
    parser.add_argument("--larger", type=size, default=0)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--by-year", dest="key", action="store_const", const="%Y", default="%Y-%m")
    how.add_argument("--by-day", dest="key", action="store_const", const="%Y-%m-%d")
    parser.add_argument("-v", "--verbose", action="count", default=0)
    parser.add_argument("--dry-run", action=argparse.BooleanOptionalAction)
    parser.add_argument("--log", type=argparse.FileType("a"), default=sys.stderr)
    return parser.parse_args(argv)


def sort(options):
    moved = 0
    for path in options.files:
        try:
            facts = path.stat()
        except FileNotFoundError:
            log.warning("%s is not there", path)
            continue
        if facts.st_size < options.larger:
            log.info("%s is too small", path)
            continue
        day = datetime.datetime.fromtimestamp(facts.st_mtime, datetime.UTC).strftime(options.key)
        target = options.to / day / path.name
        log.debug("%s -> %s", path, target)
        if not options.dry_run:
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)
            moved += 1
    return moved


def main(argv=None):
    options = parse(argv)
    level = [logging.WARNING, logging.INFO, logging.DEBUG][min(options.verbose, 2)]
    logging.basicConfig(stream=options.log, level=level, format="%(levelname).1s %(message)s", force=True)
    moved = sort(options)
    print(f"{moved} moved")
    return 0 if moved else 3


def pictures():
    for number, year in enumerate((2019, 2020, 2020)):
        path = Path(f"p{number}.jpg")
        path.write_bytes(b"x" * 700 * number)
        moment = datetime.datetime(year, 3 + number, 5, tzinfo=datetime.UTC).timestamp()
        os.utime(path, (moment, moment))


if __name__ == "__main__":
    pictures()
    print(main(["p1.jpg", "gone.jpg", "--dry-run", "-vv", "--log", "first.log"]))
    for wrong in (["--larger", "many", "p0.jpg"], ["--by-day", "--by-year", "x"], ["p0.jpg", "--to", "p1.jpg"], ["-h"]):
        try:
            main(wrong)
        except SystemExit as stop:
            print("stopped", stop.code)
    code = main()
    print(sorted(str(path) for path in Path().rglob("*.jpg")), Path("first.log").read_text())
    sys.exit(code + 40)
