"""Reads a bank's CSV, sorts it into categories by rules in an INI file, and prints balances with operators of Money."""

import configparser
import csv
import functools
import sys
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import accumulate, groupby
from operator import attrgetter

STATEMENT = """Date;Text;Amount
2024-01-03;RENT JANUARY;-850,00
2024-01-05;SALARY ACME;2.100,50
2024-01-09;GROCER & SONS;-62,35
2024-02-01;RENT FEBRUARY;-850,00
2024-02-11;GROCER & SONS;-48,10
2024-02-14;FLORIST;-33,3
2024-02-20;???;oops
"""
RULES = "[home]\nwords = rent\n[food]\nwords = grocer, bakery\n[income]\nwords = salary\n"


@functools.total_ordering
class Money:
    __slots__ = ("cents",)

    def __init__(self, cents=0):
        self.cents = cents

    @classmethod
    def parse(cls, text):
        number = Decimal(text.replace(".", "").replace(",", "."))
        return cls(int((number * 100).to_integral_value(ROUND_HALF_EVEN)))

    def __add__(self, other):
        return Money(self.cents + other.cents) if isinstance(other, Money) else NotImplemented

    def __radd__(self, other):
        return self if other == 0 else NotImplemented

    def __neg__(self):
        return Money(-self.cents)

    def __abs__(self):
        return -self if self.cents < 0 else self

    def __eq__(self, other):
        return isinstance(other, Money) and self.cents == other.cents

    def __lt__(self, other):
        return self.cents < other.cents

    def __hash__(self):
        return hash(self.cents)

    def __bool__(self):
        return self.cents != 0

    def __format__(self, spec):
        return format(f"{self.cents / 100:,.2f}", spec)

    def __repr__(self):
        return f"Money({self.cents})"


class Entry:
    def __init__(self, row, rules):
        self.date, self.text = row["Date"], row["Text"].title()
        self.amount = Money.parse(row["Amount"])
        self.category = next(
            (
                section
                for section in rules.sections()
                if any(word.strip() in row["Text"].lower() for word in rules[section]["words"].split(","))
            ),
            "other",
        )

    @property
    def month(self):
        return self.date[:7]


def load(path, rules):
    with open(path, newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter=";"), 2):
            try:
                yield Entry(row, rules)
            except ArithmeticError as error:
                error.add_note(f"in line {number} of {path}")
                print(f"skipped: {type(error).__name__}", *error.__notes__, file=sys.stderr)


def main():
    with open("statement.csv", "w") as file:
        file.write(STATEMENT)
    with open("rules.ini", "w") as file:
        file.write(RULES)
    rules = configparser.ConfigParser()
    assert rules.read(["missing.ini", "rules.ini"]) == ["rules.ini"]
    entries = list(load("statement.csv", rules))
    for month, group in groupby(entries, attrgetter("month")):
        group = list(group)
        print(f"{month} {sum(entry.amount for entry in group):>12}")
        for entry in sorted(group, key=attrgetter("amount")):
            print(f"    {entry.amount:>10} {entry.category:<7} {entry.text}")
    balances = list(accumulate(entry.amount for entry in entries))
    print(f"lowest {min(balances)}, highest {max(balances)}, biggest {max(entries, key=lambda e: abs(e.amount)).text}")
    print({entry.amount for entry in entries if not entry.amount < Money()}, Money(5) == 5, bool(Money()))


main()
