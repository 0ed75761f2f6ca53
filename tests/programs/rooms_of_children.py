"""Children in directories and with masks of their own, at the same time, and memory with a name between them."""

import multiprocessing
import os
import pathlib
from multiprocessing import shared_memory


def furnish(name, mask, barrier):
    os.mkdir(name)
    os.chdir(name)
    os.umask(mask)
    barrier.wait()
    pathlib.Path("chair.txt").write_text(name)
    with open("table.txt", "w") as file:
        file.write(os.path.basename(os.getcwd()))
    os.environ["ROOM"] = name


def paint(memory_name, start, colour):
    memory = shared_memory.SharedMemory(name=memory_name)
    memory.buf[start : start + 2] = colour
    memory.close()


def main():
    barrier = multiprocessing.Barrier(2)
    rooms = [("hall", 0o077), ("attic", 0o027)]
    children = [multiprocessing.Process(target=furnish, args=(*room, barrier)) for room in rooms]
    for child in children:
        child.start()
    for child in children:
        child.join()
    pathlib.Path("door.txt").touch(mode=0o666)
    for name, _ in rooms:
        for path in sorted(pathlib.Path(name).iterdir()):
            print(path, path.read_text(), oct(path.stat().st_mode))
    print(
        sorted(os.listdir()) if os.path.exists("hall/door.txt") else "the door is here",
        os.environ.get("ROOM"),
    )

    memory = shared_memory.SharedMemory(create=True, size=6)
    painters = [
        multiprocessing.Process(target=paint, args=(memory.name, at, colour))
        for at, colour in ((0, b"ab"), (3, b"cd"))
    ]
    for painter in painters:
        painter.start()
    for painter in painters:
        painter.join()
    print(bytes(memory.buf[:6]))
    memory.close()
    memory.unlink()
    numbers = shared_memory.ShareableList([1, "two", 3.0])
    numbers[0] += 1
    print(list(numbers), len(numbers))
    numbers.shm.close()
    numbers.shm.unlink()
    try:
        shared_memory.SharedMemory(name=memory.name)
    except FileNotFoundError:
        print("gone")


if __name__ == "__main__":
    main()
