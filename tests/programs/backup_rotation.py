"""Backs a folder up and restores it: zipfile, tarfile, gzip, hashes, shutil with callbacks, filecmp, temporary files."""

import filecmp
import gzip
import hashlib
import io
import os
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

data = Path("data")
(data / "sub").mkdir(parents=True)
(data / "a.txt").write_text("alpha\n" * 20)
(data / "sub" / "b.bin").write_bytes(bytes(range(50)))
(data / "skip.tmp").touch()


def ignore(folder, names):
    with open("ignored.txt", "a") as file:
        file.write(f"{Path(folder).name}: {sorted(names)}\n")
    return {name for name in names if name.endswith(".tmp")}


shutil.copytree(data, "copy", ignore=ignore, copy_function=shutil.copyfile)
print(Path("ignored.txt").read_text().splitlines())
compared = filecmp.dircmp("data", "copy")
print(compared.left_only, compared.common_files, compared.subdirs["sub"].same_files)

with zipfile.ZipFile("backup.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for path in sorted(p for p in Path("copy").rglob("*") if p.is_file()):
        info = zipfile.ZipInfo(path.as_posix(), (2020, 1, 1, 0, 0, 0))
        archive.writestr(info, path.read_bytes())
    with archive.open("notes.txt", "w") as member:
        member.write(b"made by hand")
with zipfile.ZipFile("backup.zip") as archive:
    print(archive.namelist(), archive.testzip(), archive.read("notes.txt"))
    archive.extract("copy/a.txt", "restored")


def clean(member):
    member.mtime, member.uid, member.gid, member.uname, member.gname = 0, 0, 0, "", ""
    return None if member.name.endswith(".tmp") else member


with tarfile.open("backup.tar", "w") as archive:
    archive.add("data", filter=clean)
    extra = tarfile.TarInfo("extra")
    extra.size = 3
    archive.addfile(extra, io.BytesIO(b"abc"))
with tarfile.open("backup.tar") as archive:
    print(sorted(archive.getnames()), archive.extractfile("extra").read())
with gzip.GzipFile("a.gz", "wb", mtime=0) as packed, open("data/a.txt", "rb") as source:
    shutil.copyfileobj(source, packed, 16)
with gzip.open("a.gz", "rt") as text:
    print(sum(1 for _ in text))
with open("data/a.txt", "rb") as source:
    print(hashlib.file_digest(source, "sha256").hexdigest()[:16])
with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".part") as part:
    part.write("temporary")
    part.seek(0)
    print(part.read(), os.path.dirname(part.name) == folder, len(os.listdir(folder)))
print(os.path.exists(folder))
shutil.rmtree("copy")
shutil.move("restored/copy/a.txt", "moved.txt")
print(sorted(os.listdir("restored")), os.path.getsize("moved.txt"), os.path.exists("copy"), shutil.disk_usage(".").total > 0)
