"""A filter for a pipe: CSV rows from standard input, by conditions of its arguments, totals to stderr, an exit code."""

import csv
import fileinput
import operator
import re
import sys
from collections import defaultdict

OPERATORS = {"=": operator.eq, "<": operator.lt, ">": operator.gt, "~": lambda a, b: re.search(b, a) is not None}


def condition(text):
    name, sign, value = re.match(r"(\w+)([=<>~])(.*)", text).groups()
    compare = OPERATORS[sign]

    def check(row):
        mine = row[name]
        if sign in "<>":
            return compare(float(mine), float(value))
        return compare(mine, value)

    return check


def main(arguments):
    checks = [condition(text) for text in arguments]
    comments = []
    lines = (line for line in sys.stdin if not (line.startswith("#") and not comments.append(line)))
    reader = csv.DictReader(lines)
    writer = csv.DictWriter(sys.stdout, reader.fieldnames, lineterminator="\n")
    writer.writeheader()
    totals = defaultdict(float)
    for row in reader:
        try:
            if all(check(row) for check in checks):
                writer.writerow(row)
                totals[row["item"]] += float(row["price"])
        except (KeyError, ValueError) as error:
            print(f"line {reader.line_num}: {error}", file=sys.stderr)
        if row["item"] == "END":
            break
    rest = sys.stdin.readline().strip(), sys.stdin.read().split()
    with open("totals.csv", "w", newline="") as file:
        csv.writer(file).writerows(sorted(totals.items()))
    with fileinput.input("totals.csv", inplace=True) as file:
        for line in file:
            print(file.filelineno(), line.strip(), sep=": ")
    print(open("totals.csv").read().split("\n"), comments, rest, file=sys.stderr)
    return len(totals)


sys.exit(main(sys.argv[1:]))
