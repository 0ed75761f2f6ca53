import string

LETTERS = len(string.ascii_letters)


def lines(path):
    with open(path) as file:
        return sum(1 for _ in file)


def words(path):
    return len(open(path).read().split())


def letters(path):
    return sum(character in string.ascii_letters for character in open(path).read())


ALL = {fn.__name__: fn for fn in (lines, words, letters)}
