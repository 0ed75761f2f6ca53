"""Packs a folder into every archive format of the standard library, reads it back, and keeps notes in a shelf."""

import bz2
import gzip
import io
import lzma
import shelve
import tarfile
import zipfile
from pathlib import Path

source = Path("source")
source.mkdir()
for number in range(3):
    (source / f"{number}.txt").write_text(f"line {number}\n" * 3)

with zipfile.ZipFile("all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for path in sorted(source.iterdir()):
        archive.writestr(zipfile.ZipInfo(path.name, (2024, 1, 2, 3, 4, 6)), path.read_bytes())
with zipfile.ZipFile("all.zip") as archive:
    print(archive.namelist(), archive.testzip(), archive.read("1.txt")[:6])
    with archive.open("2.txt") as member:
        print(next(member), len(member.read()))
    archive.extractall("unzipped")

with tarfile.open("all.tar", "w") as archive:
    for path in sorted(source.iterdir()):
        info = tarfile.TarInfo(path.name)
        info.size = path.stat().st_size
        archive.addfile(info, io.BytesIO(path.read_bytes()))
with tarfile.open("all.tar") as archive:
    print([member.name for member in archive], archive.extractfile("0.txt").read().count(b"\n"))

for module, name in ((bz2, "x.bz2"), (lzma, "x.xz")):
    with module.open(name, "wt") as packed:
        packed.write("packed text\n" * 5)
    with module.open(name, "rt") as packed:
        print(name, packed.readline().strip(), len(packed.readlines()))
with gzip.GzipFile("x.gz", "wb", mtime=0) as packed:
    packed.write(b"first\n")
    packed.write(b"second\n")
print(gzip.decompress(Path("x.gz").read_bytes()))

with shelve.open("notes") as notes:
    notes["sizes"] = {path.name: path.stat().st_size for path in sorted(source.iterdir())}
    notes["tags"] = ["a"]
with shelve.open("notes", writeback=True) as notes:
    notes["tags"].append("b")
    print(sorted(notes), notes["tags"], notes["sizes"]["1.txt"])
