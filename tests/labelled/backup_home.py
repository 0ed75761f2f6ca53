"""Incremental backup of a directory: hash, pack, encrypt, copy off site, thin out old ones."""

import fnmatch
import hashlib
import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
import time
from functools import partial
from pathlib import Path

SOURCE = Path.home() / "work"
TARGET = Path("/mnt/backup")
SKIP = ["*.pyc", "*.tmp", ".cache"]
KEEP = 7


def digest(path, size=1 << 20):
    found = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(partial(file.read, size), b""):
            found.update(block)
    return found.hexdigest()


def wanted(root):
    for folder, folders, names in os.walk(root):
        folders[:] = [one for one in folders if not any(fnmatch.fnmatch(one, skip) for skip in SKIP)]
        for name in names:
            path = os.path.join(folder, name)
            if not os.path.islink(path) and os.path.getsize(path) < 1 << 30:
                yield Path(path)


def pack(paths, into):
    with tarfile.open(into, "w:gz") as archive:
        for path in paths:
            archive.add(path, arcname=path.relative_to(SOURCE))


def encrypt(path):
    out = path.with_suffix(".gpg")
    subprocess.run(["gpg", "--batch", "--yes", "-e", "-r", "backup@example.com", "-o", out, path], check=True)
    path.unlink()
    return out


def thin(folder):
    old = sorted(folder.glob("*.gpg"), key=os.path.getmtime)[:-KEEP]
    for path in old:
        os.remove(path)
    return len(old)


def main():
    if not os.path.ismount(TARGET):
        subprocess.check_call(["mount", str(TARGET)])
    folder = TARGET / platform.node()
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    print(f"{free / 1e9:.1f} GB free")
    manifest = folder / "manifest.txt"
    known = {}
    if manifest.exists():
        known = dict(line.split("  ", 1)[::-1] for line in manifest.read_text().splitlines())
    sums = {str(path): digest(path) for path in wanted(SOURCE)}
    changed = [Path(name) for name, found in sums.items() if known.get(name) != found]
    if not changed:
        return
    stamp = time.strftime("%Y%m%d-%H%M%S")
    with tempfile.TemporaryDirectory() as work:
        packed = Path(work) / f"{stamp}.tar.gz"
        pack(changed, packed)
        shutil.copy2(encrypt(packed), folder)
    manifest.write_text("".join(f"{found}  {name}\n" for name, found in sums.items()))
    os.chmod(manifest, 0o600)
    print(f"{len(changed)} files packed, {thin(folder)} old archives removed")


main()
