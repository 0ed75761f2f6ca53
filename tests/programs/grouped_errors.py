"""Checks a batch of uploads and reports every fault at once: except*, nested groups, notes, and an uncaught group."""

import json
from pathlib import Path

Path("in").mkdir()
UPLOADS = {"a.json": '{"price": 3}', "b.json": "{oops", "c.json": '{"price": "x"}', "d.json": '{"price": -1}'}
for name, text in UPLOADS.items():
    Path("in", name).write_text(text)


def check(name):
    price = float(json.loads(Path("in", name).read_text())["price"])
    if price < 0:
        error = OverflowError(price)
        error.add_note(f"in {name}")
        raise error
    return price


def check_all(names):
    errors, prices = [], []
    for name in names:
        try:
            prices.append(check(name))
        except Exception as error:
            errors.append(error)
        else:
            Path("in", name).rename(Path("in", name).with_suffix(".ok"))
        finally:
            with open("seen.txt", "a") as seen:
                seen.write(name + "\n")
    if errors:
        raise ExceptionGroup("bad uploads", [ExceptionGroup("of today", errors), KeyError(len(prices))])
    return prices


def report(names):
    try:
        print(check_all(names))
    except* json.JSONDecodeError as group:
        Path("broken.txt").write_text(repr(group.exceptions))
        print("broken:", [type(e).__name__ for g in group.exceptions for e in g.exceptions])
    except* (ValueError, OSError) as group:
        Path("values.txt").write_text(str(group))
        print("values:", group.exceptions[0].exceptions)
        raise
    except* KeyError as group:
        print("count:", group.exceptions[0].args)
    else:
        print("all good")
    finally:
        print("looked at", Path("seen.txt").read_text().count("\n"))


report(["a.json"])
try:
    report(["b.json", "none.json"])
except ExceptionGroup as group:
    print("still", group.exceptions)
report(["c.json", "d.json"])
