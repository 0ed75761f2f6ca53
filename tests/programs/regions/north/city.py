import os

NAME = "north city"
with open("north.log", "w") as file:
    file.write(NAME)


def size():
    return os.path.getsize("north.log")
