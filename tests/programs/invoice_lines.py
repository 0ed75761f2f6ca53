"""Prints invoices from small files: effects inside f-strings, comparisons, walrus and conditional expressions."""

from pathlib import Path

DATA = Path("invoices")
DATA.mkdir()
for number, (who, amount) in enumerate([("Ann", "120.50"), ("Bob", "75"), ("Cleo", "990.10")], start=1):
    (DATA / f"{number:03}.txt").write_text(f"{who}\n{amount}\n")
(DATA / "limits.txt").write_text("100\n500\n")


def line(number, index):
    return (DATA / f"{number:03}.txt").read_text().splitlines()[index]


def limit(index):
    print(f"(looking at limit {index})")
    return float((DATA / "limits.txt").read_text().split()[index])


for number in range(1, 4):
    width = 10
    print(f"{line(number, 0)!r:>{width}} owes {float(line(number, 1)):{limit(0) // 10:.0f}.2f} EUR {number=}")
    size = "middling" if limit(0) < float(line(number, 1)) < limit(1) else "small or large"
    print(f"{size}: {'known' if (found := DATA / f'{number:03}.txt').exists() else 'unknown'} {found.name}")

if (total := sum(float(line(n, 1)) for n in range(1, 4))) > limit(1) and not (DATA / "paid").exists():
    print(f"{total:,.2f} is over the limit")
print(f"""{
    ' / '.join(
        f"{path.stem}:{len(path.read_text())}"
        for path in sorted(DATA.glob("0*.txt"))
    )
}""")


def describe(first, /, second, *rest, last=None, **others):
    return f"{first} {second} {rest} {last} {others}"


names = [line(n, 0) for n in range(1, 4)]
print(describe(*names, *(p.name for p in sorted(DATA.iterdir())), last=line(1, 1), **{k: line(2, 1) for k in "ab"}))
first, *middle, last = sorted(DATA.iterdir())
print(first.name, [p.name for p in middle], last.name)
head, (tail, _) = line(1, 0), line(3, 1).split(".")
print(head, tail, (DATA / "none").exists() or line(2, 0), (DATA / "none").exists() and line(9, 0))
