import os

NAME = "south city"
with open("south.log", "w") as file:
    file.write(NAME)


def size():
    return os.path.getsize("south.log")
