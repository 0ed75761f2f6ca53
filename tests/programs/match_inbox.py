"""Sorts an inbox of parsed messages with match statements whose guards look at the file system."""

import os
from dataclasses import dataclass


@dataclass
class Attachment:
    name: str
    size: int


MESSAGES = [
    {"kind": "invoice", "items": [Attachment("a.pdf", 10), Attachment("b.pdf", 20)]},
    {"kind": "spam", "from": "x@example.org"},
    ("move", "inbox", "archive"),
    ("move", "inbox", "inbox"),
    ["note", "one", "two", "three"],
    Attachment("c.txt", 0),
    7,
]


def handle(message):
    match message:
        case {"kind": "invoice", "items": [Attachment(name=first), *rest]} if not os.path.exists(first):
            for item in [first, *(a.name for a in rest)]:
                os.mkdir(item)
            return f"filed {first} and {len(rest)} more"
        case {"kind": "invoice"}:
            return "invoice again"
        case {"kind": str(kind), **others}:
            return f"{kind} {sorted(others)}"
        case ("move", source, target) if source == target:
            return "nowhere to go"
        case ("move", source, target):
            os.makedirs(os.path.join(target, source))
            return f"moved to {target}"
        case ["note", *words] if len(words) > (n := len(os.listdir("archive"))):
            return f"{len(words)} words beside {n} names"
        case Attachment(size=0) as empty:
            return f"empty {empty.name}"
        case int() | float() as number:
            return number * 2
        case _:
            return "?"


for message in MESSAGES:
    print(handle(message))
print(handle(MESSAGES[0]))
print(sorted(name for name in os.listdir(".") if not name.startswith(".")))
