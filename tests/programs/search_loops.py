"""Looks through shelves of files: for and while with else, break and continue, del, assert, augmented assignments."""

import os


class Shelf:
    """A list of numbers that lives in a file."""

    def __init__(self, name):
        self.name = name
        open(name, "w").close()

    def __getitem__(self, index):
        with open(self.name) as file:
            return int(file.read().split()[index])

    def __setitem__(self, index, value):
        with open(self.name) as file:
            numbers = file.read().split()
        numbers[index] = str(value)
        with open(self.name, "w") as file:
            file.write(" ".join(numbers))

    def __delitem__(self, index):
        with open(self.name) as file:
            numbers = file.read().split()
        del numbers[index]
        with open(self.name, "w") as file:
            file.write(" ".join(numbers))

    def __iadd__(self, numbers):
        with open(self.name, "a") as file:
            file.write("".join(f" {n}" for n in numbers))
        return self

    def __len__(self):
        with open(self.name) as file:
            return len(file.read().split())

    def __contains__(self, number):
        for index in range(len(self)):
            if self[index] == number:
                return True
        else:
            return False


shelf = Shelf("shelf.txt")
shelf += range(3, 6)
shelf[0] *= 7
shelf[1] -= shelf[2]
shelf[-1] <<= 1
print(shelf[0], shelf[1], shelf[2], len(shelf), 10 in shelf, 11 in shelf)
del shelf[0]
print(len(shelf))

for attempt in range(4):
    if not os.path.exists(f"try{attempt}"):
        os.mkdir(f"try{attempt}")
        if attempt < 2:
            continue
        print("made", attempt)
        break
else:
    print("never printed")

while os.path.exists("try0"):
    os.rmdir("try0")
else:
    print("gone", sorted(n for n in os.listdir() if n.startswith("try")))

found = None
for found in (n for n in sorted(os.listdir()) if n.startswith("zzz")):
    break
else:
    print("nothing found", found)

try:
    assert os.path.exists("try1"), "not reached"
    assert os.path.getsize("shelf.txt") > 100, f"only {os.path.getsize('shelf.txt')} bytes"
except AssertionError as error:
    print("assertion:", error)
