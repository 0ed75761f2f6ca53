"""Turns raw sales into a report: csv in, decimals, dates given in the data, grouped totals, text and JSON out."""

import csv
import datetime as dt
import json
import statistics
import string
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path

RAW = """day,shop,item,count,price
2024-02-28,north,tea,3,4.50
2024-02-29,north,mug,1,7.25
2024-02-29,south,tea,10,4.45
2024-03-01,south,mug,x,7.25
2024-03-01,north,tea,2,4.505
"""
Path("sales.csv").write_text(RAW)


def rows(path):
    with open(path, newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                yield dt.date.fromisoformat(row["day"]), row["shop"], row["item"], int(row["count"]), Decimal(row["price"])
            except ValueError as error:
                with open("rejected.txt", "a") as rejected:
                    rejected.write(f"line {number}: {error}\n")


totals, weeks = defaultdict(Decimal), defaultdict(list)
for day, shop, item, count, price in rows("sales.csv"):
    totals[shop, item] += (count * price).quantize(Decimal("0.01"), ROUND_HALF_UP)
    weeks[day.isocalendar().week].append(count)
template = string.Template("$shop sold $item for $total")
lines = [template.substitute(shop=s, item=i, total=f"{t:>8}") for (s, i), t in sorted(totals.items())]
Path("report.txt").write_text("\n".join(lines))
with open("report.json", "w") as file:
    json.dump({"total": sum(totals.values()), "weeks": weeks}, file, default=str, indent=1, sort_keys=True)
print(Path("report.txt").read_text())
print(json.loads(Path("report.json").read_text()), Path("rejected.txt").read_text().strip())
counts = [count for week in weeks.values() for count in week]
print(statistics.median(counts), round(statistics.stdev(counts), 3), Fraction(sum(counts), len(counts)))
last = max(day for day, *_ in rows("sales.csv"))
print(last + dt.timedelta(days=30), last.strftime("%A %d %B"), f"{last:%j}", (last - dt.date(2024, 2, 28)).days)
print(Path("rejected.txt").read_text().count("line 5"))
