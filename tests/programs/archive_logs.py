"""Rotates and packs logs: gzip, bz2, lzma, zipfile and tarfile with filters, checksums, and a restore that is compared."""

import bz2
import filecmp
import gzip
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from pathlib import Path

OPENERS = {
    ".gz": lambda path, mode: gzip.GzipFile(path, mode, mtime=0),
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


def write_logs(folder):
    folder.mkdir()
    for number in range(4):
        path = folder / f"app.{number}.log"
        path.write_text("".join(f"{number} line {n}\n" for n in range(50 * number)))
        os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))


def pack(path, suffix):
    target = path.with_suffix(path.suffix + suffix)
    with path.open("rb") as source, OPENERS[suffix](target, "wb") as packed:
        shutil.copyfileobj(source, packed, 256)
    path.unlink()
    return target


def crc(path):
    total = 0
    opener = OPENERS.get(path.suffix, open)
    with opener(path, "rb") as file:
        while block := file.read(100):
            total = zlib.crc32(block, total)
    return f"{total:08x}"


def tidy(info):
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = "me"
    return None if info.name.endswith(".tmp") else info


def main():
    folder = Path("logs")
    write_logs(folder)
    shutil.copytree(folder, "original")
    (folder / "x.tmp").touch()
    sums = {path.name: crc(path) for path in sorted(folder.glob("*.log"))}
    for path, suffix in zip(sorted(folder.glob("*.log"))[1:], OPENERS):
        packed = pack(path, suffix)
        print(packed.name, packed.stat().st_size < 1200, crc(packed) == sums[path.name])
    with tarfile.open("all.tar", "w") as tar:
        tar.add(folder, "logs", filter=tidy)
        print(tar.getnames())
    with zipfile.ZipFile("all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(Path("original").iterdir()):
            info = zipfile.ZipInfo(f"in/{path.name}", (2024, 1, 2, 3, 4, 6))
            archive.writestr(info, path.read_bytes())
        archive.comment = b"logs"
    with zipfile.ZipFile("all.zip") as archive:
        print(archive.testzip(), [info.file_size for info in archive.infolist()], archive.comment)
        archive.extractall("unzipped")
        with archive.open("in/app.1.log") as member:
            print(member.readline(), sum(1 for _ in member))
    comparison = filecmp.dircmp("original", "unzipped/in")
    print(comparison.same_files, comparison.diff_files, comparison.left_only)
    shutil.rmtree(folder)
    with tarfile.open("all.tar") as tar:
        print([member.size > 0 for member in tar if member.isfile()])
        tar.extractall(filter="data")
        print(tar.extractfile("logs/app.0.log").read())
    for path in sorted(folder.iterdir()):
        print(path.name, crc(path) in sums.values())
    try:
        with gzip.open("all.zip") as file:
            file.read()
    except gzip.BadGzipFile as error:
        print(error)
    with gzip.open("text.gz", "wt", encoding="utf-8") as file:
        file.write("grün\n")
    print(gzip.open("text.gz", "rt", encoding="utf-8").read().strip())
    os.remove("text.gz")


main()
