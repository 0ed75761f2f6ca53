"""Looks through a tree for the first match and no further: any, all, next, and conditional expressions are lazy."""

import os
from itertools import islice, takewhile
from pathlib import Path

looked = []


def contents(name):
    looked.append(name)
    return Path(name).read_text()


for number, word in enumerate(["apple", "pear", "plum", "fig", "date"]):
    Path(f"{number}.txt").write_text(word)
names = [f"{number}.txt" for number in range(5)]

print(any("p" in contents(name) for name in names), looked)
looked.clear()
print(all(len(contents(name)) > 3 for name in names), looked)
looked.clear()
print(next((name for name in names if contents(name).startswith("f")), None), looked)
looked.clear()
pairs = ((name, contents(name)) for name in names)
print(list(islice(pairs, 2)), looked)
print(next(pairs), looked)
pairs.close()
looked.clear()
print([text for text in takewhile(lambda text: text != "plum", map(contents, names))], looked)
looked.clear()
found = contents("0.txt") if os.path.exists("9.txt") else contents("1.txt") if names and looked == [] else "none"
print(found, looked)
print(os.path.exists("7.txt") and contents("7.txt") or contents("4.txt"), 0 < len(contents("3.txt")) < 4, looked)
print({len(text): name for name in names if (text := contents(name))[0] in "pd"})
print(*{*(contents(name)[0] for name in names[:2])} & {"a"}, *[contents("2.txt")] * 2, sep="|")
