"""A task list on the command line: argparse with sub-commands, custom types and actions that read and write files."""

import argparse
import json
import sys
from pathlib import Path

STORE = Path("tasks.json")


def existing(text):
    if not Path(text).exists():
        raise argparse.ArgumentTypeError(f"there is no {text}")
    return Path(text)


class Remember(argparse.Action):
    """Keeps every value that was ever given in a history file."""

    def __call__(self, parser, namespace, values, option_string=None):
        with open("history.txt", "a") as file:
            file.write(f"{option_string} {values}\n")
        setattr(namespace, self.dest, values)


def load():
    return json.loads(STORE.read_text()) if STORE.exists() else []


def add(options):
    tasks = load()
    tasks.append({"text": " ".join(options.text), "priority": options.priority})
    STORE.write_text(json.dumps(tasks))
    return f"{len(tasks)} tasks"


def show(options):
    tasks = sorted(load(), key=lambda task: -task["priority"])
    print(*(f"{task['priority']} {task['text']}" for task in tasks), sep="\n", file=options.out)
    return "shown"


def merge(options):
    return [len(path.read_text()) for path in options.files]


def parser():
    main = argparse.ArgumentParser("tasks", fromfile_prefix_chars="@", epilog=f"{len(load())} tasks so far")
    commands = main.add_subparsers(required=True)
    adding = commands.add_parser("add", aliases=["new"])
    adding.add_argument("text", nargs="+")
    adding.add_argument("-p", "--priority", type=int, choices=range(1, 6), default=3, action=Remember)
    adding.set_defaults(call=add)
    showing = commands.add_parser("show")
    showing.add_argument("--out", type=argparse.FileType("w"), default="-")
    showing.set_defaults(call=show)
    merging = commands.add_parser("merge")
    merging.add_argument("files", type=existing, nargs="*")
    merging.set_defaults(call=merge)
    return main


def main(argv):
    try:
        options = parser().parse_args(argv)
    except SystemExit as stop:
        return f"stopped with {stop.code}"
    result = options.call(options)
    if getattr(options, "out", None) not in (None, sys.stdout):
        options.out.close()
    return result


Path("arguments").write_text("new\nfrom\nfile\n")
for line in ("add buy tea -p 5", "@arguments", "show", "show --out list.txt", "merge list.txt history.txt", "merge nope"):
    print(">", line, "=>", main(line.split()))
print(main(["add", "x", "--priority", "9"]), main(["--help"]), Path("history.txt").read_text())
sys.exit(main(["show"]) == "shown" and 4)
