"""Stocktaking with a library that is declared pure and is not: what it does slips through once, is learned, and goes on."""

import json
from pathlib import Path

import stockroom

DELIVERY = ["nuts", "bolts", "old screws", "nails"]


def receive(things):
    for number, thing in enumerate(things):
        yield stockroom.count(thing)
        with open("delivery.log", "a") as log:
            log.write(f"{number} {stockroom.describe(thing)}\n")


def main():
    found = list(receive(DELIVERY))
    print(found, sorted(path.name for path in Path(".").glob("*.card")))
    Path("old screws.card").write_text("rusty")
    kept = stockroom.tidy(found)
    Path("kept.json").write_text(json.dumps(kept))
    print(kept, repr(Path("old screws.card").read_text()), max(map(stockroom.describe, kept), key=len))
    try:
        stockroom.tidy(["old hat"])
    except FileNotFoundError as error:
        print("no", error.filename)
    print(Path("delivery.log").read_text(), Path("kept.json").read_text())


main()
