# -*- coding: koi8-r -*-
"""Копилка: a program in KOI8-R whose names, texts and files are Russian."""

from pathlib import Path

КОПИЛКА = Path("копилка.txt")


class Монета:
    def __init__(self, достоинство):
        self.достоинство = достоинство

    def __radd__(self, сумма):
        return сумма + self.достоинство

    def __repr__(self):
        return f"{self.достоинство} коп."


def положить(*монеты):
    with КОПИЛКА.open("a", encoding="koi8-r") as файл:
        for монета in монеты:
            print(монета, file=файл)


def пересчитать():
    with КОПИЛКА.open(encoding="koi8-r") as файл:
        return [Монета(int(строка.split()[0])) for строка in файл]


положить(Монета(5), Монета(20))
положить(*map(Монета, (1, 2, 3)))
монеты = пересчитать()
print(sum(монеты), монеты[0], КОПИЛКА.stat().st_size, КОПИЛКА.read_bytes()[2:6])
print(*(имя for имя in sorted(globals()) if имя[0] > "я" or имя[0] in "КМм"))
try:
    Монета(0).цена
except AttributeError as ошибка:
    print(ошибка)
