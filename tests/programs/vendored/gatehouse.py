"""A library of somebody else's: a client that has to log in, functions that return functions, generators over files."""

import os


class Client:
    """Knows a gate's folder; whoever has logged in has a pass and may write into its book."""

    def __init__(self, folder):
        self.folder = folder
        self.token = None
        self.headers = {"agent": "gatehouse"}
        self.calls = []

    def login(self, name):
        """Take the next pass of the gate; nothing is returned, the client has it from now on."""
        with open(os.path.join(self.folder, "passes"), "a+") as passes:
            passes.seek(0)
            number = len(passes.readlines()) + 1
            passes.write(f"{name}\n")
        self.token = f"{name}-{number}"
        self.headers["authorization"] = self.token

    def enter(self, what):
        """Write a line into the book."""
        if self.token is None:
            raise PermissionError("not logged in")
        self.calls.append(what)
        with open(os.path.join(self.folder, "book"), "a") as book:
            book.write(f"{self.headers['authorization']} {what}\n")
        return len(self.calls)


def writer(folder):
    """Return what writes one more page of a folder."""
    first = len(os.listdir(folder))
    return lambda text: os.close(os.open(os.path.join(folder, f"page{first}-{text}"), os.O_CREAT | os.O_WRONLY))


def greeter(path):
    """Return what greets as a file says."""
    with open(path) as file:
        word = file.read().strip()
    return lambda name: f"{word}, {name}!"


def lines(*paths):
    """Yield the lines of files, and leave a mark where one has ended."""
    for path in paths:
        with open(path) as file:
            for line in file:
                yield line.rstrip("\n")
        with open(f"{path}.read", "w") as mark:
            mark.write("read\n")
