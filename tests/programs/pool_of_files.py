"""Counts the words of some files in a pool of processes: map, imap, starmap, apply and callbacks."""

import collections
import multiprocessing
import os
import pathlib

TEXTS = {
    "one.txt": "the cat sat on the mat",
    "two.txt": "a dog and a cat\nand the bird",
    "three.txt": "nothing",
    "four.txt": "the end of the story",
}
SETTINGS = {"fold": False}
done = []


def prepare(fold):
    SETTINGS["fold"] = fold


def count(name):
    done.append(name)
    text = pathlib.Path(name).read_text()
    if SETTINGS["fold"]:
        text = text.upper()
    return name, collections.Counter(text.split())


def write_total(name, total):
    with open(name, "w") as file:
        file.write(f"{total}\n")
    return os.path.getsize(name)


def inverse(number):
    return 1 / number


def main():
    for name, text in TEXTS.items():
        pathlib.Path(name).write_text(text)
    with multiprocessing.Pool(2, initializer=prepare, initargs=(True,)) as pool:
        totals = collections.Counter()
        for name, words in pool.map(count, sorted(TEXTS)):
            print(name, sum(words.values()))
            totals.update(words)
        print(totals.most_common(3))
        print([name for name, _ in pool.imap(count, TEXTS, chunksize=2)])
        print(sorted(name for name, _ in pool.imap_unordered(count, TEXTS)))
        print(pool.starmap(write_total, [("a.total", 10), ("b.total", 2000)]))
        print(pool.apply(pow, (2, 10)))
        seen = []
        waiting = [pool.apply_async(inverse, (n,), callback=seen.append, error_callback=seen.append) for n in (4, 0)]
        for one in waiting:
            one.wait()
        print(sorted(map(str, seen)), [one.successful() for one in waiting])
        try:
            pool.map(inverse, [1, 0])
        except ZeroDivisionError as error:
            print("failed:", error, type(error.__cause__).__name__)
        pool.close()
        pool.join()
    print(done, SETTINGS)


if __name__ == "__main__":
    main()
