"""Mistakes that a program looks at itself: suggested names, syntax errors, chains through a failing step."""

import os
import sys
import warnings


class Order:
    quantity = 3


def price(amount):
    return amuont * 2


def attempt(what):
    try:
        what()
    except Exception:
        sys.excepthook(*sys.exc_info())


def chained():
    try:
        os.rmdir("no such folder")
    except OSError as error:
        raise LookupError("cannot tidy up") from error


def grouped():
    raise ExceptionGroup("several", [ValueError("one"), OSError(2, "two")])


attempt(lambda: Order.quantiti)
attempt(lambda: price(1))
attempt(chained)
attempt(grouped)
for text in ("x = (", "return 1", "1 +", "f(**a, *b)"):
    try:
        compile(text, "<rule>", "exec")
    except SyntaxError as error:
        print(type(error).__name__, error.msg, error.lineno, error.offset, repr(error.text))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    compile("x is 1", "<rule>", "eval")
print([str(warning.message) for warning in caught], sys.excepthook is sys.__excepthook__)
price(2)
