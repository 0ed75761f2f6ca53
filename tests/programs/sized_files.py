"""Files that compare, add and sort by what is in them: operators whose work is reading the disk."""

import functools
import heapq
import operator
import os


@functools.total_ordering
class Note:
    def __init__(self, name, text=None):
        self.name = name
        if text is not None:
            with open(name, "w") as file:
                file.write(text)

    @property
    def text(self):
        with open(self.name) as file:
            return file.read()

    def __lt__(self, other):
        return len(self.text) < len(other.text)

    def __eq__(self, other):
        return isinstance(other, Note) and self.text == other.text

    def __hash__(self):
        return hash(self.text)

    def __bool__(self):
        return os.path.getsize(self.name) > 0

    def __add__(self, other):
        return Note(self.name + "+" + other.name, self.text + other.text)

    def __radd__(self, start):
        return self if start == 0 else NotImplemented

    def __mul__(self, times):
        return Note(f"{self.name}x{times}", self.text * times)

    def __matmul__(self, other):
        return os.path.commonprefix([self.text, other.text])

    def __invert__(self):
        return self.text[::-1]

    def __call__(self, suffix):
        return self.text + suffix

    def __format__(self, spec):
        return format(self.text, spec)

    def __index__(self):
        return len(self.text)

    def __repr__(self):
        return f"Note({self.name}, {self.text!r})"


a, b, c, empty = Note("a", "pear"), Note("b", "pea"), Note("c", "peanut"), Note("e", "")
print(sorted([a, b, c]), max(a, b, c).name, min([a, b], key=operator.attrgetter("text")).name)
print(a + b, sum([b, c]).name, a * 2, a @ c, ~b, c("s"), f"{a:*>8}", "abcdefgh"[b], bool(empty), not empty)
print(a == Note("d", "pear"), a != b, a <= b, len({a, b, Note("d")}), {a: 1}[Note("d")])
print([n.name for n in heapq.nsmallest(2, [c, a, b])], a in [b, Note("d")], [b, a].index(Note("d")))
try:
    a < 3
except AttributeError as error:
    print("cannot:", error)
