"""Exceptions in every arrangement: groups, causes, notes, else and finally, loops that end early, nested clean-up."""

import os


class Rejected(Exception):
    def __init__(self, name, reason):
        super().__init__(f"{name}: {reason}")
        self.name = name


def make(name):
    try:
        os.mkdir(name)
    except FileExistsError as error:
        error.add_note("made twice")
        raise Rejected(name, "exists") from error
    else:
        print("made", name)
    finally:
        print("tried", name)


def first_free(names):
    for name in names:
        try:
            make(name)
        except Rejected as rejected:
            print(rejected, "|", rejected.name, "|", rejected.__cause__.errno, rejected.__cause__.__notes__)
            continue
        break
    else:
        return None
    return name


print(first_free(["a", "b"]), first_free(["a", "b"]), first_free(["a", "b"]))


def remove_all(names):
    errors = []
    for name in names:
        try:
            os.rmdir(name)
        except OSError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup("leftovers", errors)


os.makedirs("full/inside")
try:
    remove_all(["a", "gone", "full", "b"])
except* FileNotFoundError as group:
    print("missing", [error.filename for error in group.exceptions])
except* OSError as group:
    print("other", [error.filename for error in group.exceptions])

tries = 0
while tries < 3:
    tries += 1
    try:
        os.rmdir("full")
    except OSError:
        os.rmdir("full/inside") if tries == 2 else None
        continue
    break
else:
    print("never")
print("tries", tries, os.path.exists("full"))


def both():
    try:
        return os.mkdir("x") or "returned"
    finally:
        os.rmdir("x")


print(both())
try:
    try:
        os.rmdir("nowhere")
    finally:
        os.mkdir("cleaned")
except OSError as error:
    print(type(error).__name__, error.filename, error.__context__)
try:
    assert not os.path.isdir("cleaned"), os.listdir("cleaned")
except AssertionError as error:
    print("assertion", error)
