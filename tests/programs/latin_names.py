# -*- coding: latin-1 -*-
"""Rechnungen auf gut Deutsch: ein Programm in Latin-1 mit Umlauten in Namen und Texten."""

from pathlib import Path

GRÖSSEN = {"groß": 3, "mäßig": 2, "winzig": 1}


class Käufer:
    def __init__(self, naïve_größe):
        self.größe = naïve_größe

    @property
    def pfad(self):
        return Path(f"käufer-{self.größe}.txt")

    def schreibe(self, *, währung="£"):
        self.pfad.write_text(f"{GRÖSSEN[self.größe]} {währung}\n", encoding="latin-1")
        return self.pfad.stat().st_size


for größe in sorted(GRÖSSEN, key=GRÖSSEN.get):
    käufer = Käufer(größe)
    print(f"{größe:>6}: {käufer.schreibe()} Bytes, {käufer.pfad.read_bytes()!r}, {käufer.schreibe(währung='§')=}")

with open("straße.txt", "w", encoding="utf-8") as datei:
    print("Grüße", "¿qué?", sep=" - ".replace("-", "·"), file=datei)
print(open("straße.txt", encoding="utf-8").read().strip(), Path("straße.txt").stat().st_size)
print(sorted(p.name for p in Path(".").glob("*ä*.txt")))
ª = [zeile for zeile in open("straße.txt", encoding="utf-8")]
print(a, Käufer("groß").größe == "gro\xdf")
