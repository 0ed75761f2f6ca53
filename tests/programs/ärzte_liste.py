"""Eine Ärzteliste: Bezeichner mit Umlauten und griechischen Buchstaben, Dateinamen und Texte in mehreren Kodierungen."""

import codecs
import csv
import io
import unicodedata
from dataclasses import dataclass
from pathlib import Path

größe_π = 3


@dataclass
class Ärztin:
    name: str
    straße: str
    größe: float = 1.7

    @property
    def schlüssel(self):
        zerlegt = unicodedata.normalize("NFD", self.name.casefold())
        return "".join(z for z in zerlegt if not unicodedata.combining(z)).replace("ß", "ss")


def schreibe(pfad, kodierung, ärztinnen):
    with open(pfad, "w", encoding=kodierung, newline="") as datei:
        csv.writer(datei, delimiter=";").writerows([ä.name, ä.straße, ä.größe] for ä in ärztinnen)


def lies(pfad, kodierung, fehler="strict"):
    with codecs.open(pfad, encoding=kodierung, errors=fehler) as datei:
        for name, straße, größe in csv.reader(io.StringIO(datei.read()), delimiter=";"):
            yield Ärztin(name, straße, float(größe))


liste = [Ärztin("Österle", "Weiße Gasse"), Ärztin("Ångström", "Þórsgata"), Ärztin("Groß", "Ελλάδος", größe=1.8)]
for kodierung in "utf-8", "utf-16", "utf-8-sig":
    pfad = Path(f"ärzte-{kodierung}.csv")
    schreibe(pfad, kodierung, liste)
    print(kodierung, pfad.stat().st_size, list(lies(pfad, kodierung)) == liste)
for kodierung in "latin-1", "ascii", "cp1253":
    try:
        schreibe("teil.csv", kodierung, liste)
    except UnicodeEncodeError as fehler:
        print(kodierung, fehler.object[fehler.start : fehler.end], fehler.reason)
Path("misch.txt").write_bytes("Müller;Straße;1.6\n".encode("cp1252"))
for umgang in "strict", "replace", "backslashreplace":
    try:
        print(umgang, [ä.name for ä in lies("misch.txt", "utf-8", umgang)])
    except UnicodeDecodeError as fehler:
        print(umgang, fehler.start, hex(fehler.object[fehler.start]))
ﬁnden = {ä.schlüssel: ä for ä in liste}  # the ligature: the same name as `finden`
print(sorted(finden), finden["gross"].größe * größe_π, [p.name for p in sorted(Path().glob("ä*.csv"))])
print(globals()["größe_π"], getattr(liste[0], "straße"), f"{liste[1].name!a:>20}")
