"""Mirrors a folder of an FTP server, sends reports back, keeps a log there, and clears up what has been fetched."""

import ftplib
import io
import os
from pathlib import Path

HOST, PORT = os.environ["FTP_HOST"], int(os.environ["FTP_PORT"])


def fetch(ftp, name, folder):
    target = folder / name
    with target.open("wb") as file:
        ftp.retrbinary(f"RETR {name}", file.write, blocksize=512)
    return target


def mirror(ftp, folder):
    """Fetch everything below the server's current folder, which is that again at the end."""
    folder.mkdir(exist_ok=True)
    for name, facts in sorted(ftp.mlsd(facts=["type", "size"])):
        if facts["type"] == "dir":
            ftp.cwd(name)
            mirror(ftp, folder / name)
            ftp.cwd("..")
        elif facts["type"] == "file":
            target = fetch(ftp, name, folder)
            print(ftp.pwd(), name, target.stat().st_size == int(facts["size"]))


def resume(ftp, name, target):
    """Fetch the rest of a file of which a part is there."""
    with target.open("ab") as file:
        ftp.retrbinary(f"RETR {name}", file.write, rest=file.tell())


def log(ftp, text):
    ftp.storbinary("APPE /log.txt", io.BytesIO(text.encode() + b"\n"))


def remove_tree(ftp, name):
    ftp.cwd(name)
    for entry, facts in list(ftp.mlsd()):
        if facts["type"] == "dir":
            remove_tree(ftp, entry)
        elif facts["type"] == "file":
            ftp.delete(entry)
    ftp.cwd("..")
    ftp.rmd(name)


ftp = ftplib.FTP()
print(ftp.connect(HOST, PORT, timeout=20)[:3])
try:
    ftp.login("ann", "coffee")
except ftplib.error_perm as error:
    print("refused:", str(error)[:3])
print(ftp.login("ann", "tea"))
ftp.cwd("incoming")
mirror(ftp, Path("mirror"))
log(ftp, "mirrored")

seen = []
ftp.retrlines("RETR monday.csv", lambda line: seen.append(line) if line.endswith("9") else None)
print(len(seen), seen[-1])
part = Path("part.csv")
part.write_bytes(Path("mirror/friday.csv").read_bytes()[:1000])
resume(ftp, "friday.csv", part)
print(part.read_bytes() == Path("mirror/friday.csv").read_bytes(), ftp.size("friday.csv"))
resume_at = io.BytesIO()
ftp.retrbinary("RETR tuesday.csv", resume_at.write, rest=4000)
print(resume_at.getvalue()[-12:])

ftp.cwd("/")
print(ftp.mkd("reports"))
ftp.cwd("/reports")
for path in sorted(Path("mirror").glob("*.csv")):
    with path.open("rb") as file:
        print(ftp.storbinary(f"STOR {path.stem}.part", file, blocksize=1000)[:3])
    ftp.rename(f"{path.stem}.part", path.name)
    log(ftp, f"sent {path.name}")
lines = io.BytesIO(b"one\ntwo\n")
ftp.storlines("STOR notes.txt", lines, callback=lambda line: print("sent", line))
print(sorted(ftp.nlst()), ftp.pwd())
try:
    ftp.mkd("/reports")
except ftplib.error_perm as error:
    print(type(error).__name__, str(error)[:3])
ftp.cwd("..")
remove_tree(ftp, "incoming")
log(ftp, "cleared")
print(sorted(ftp.nlst()), ftp.voidcmd("NOOP")[:3])
print(ftp.quit()[:3])

with ftplib.FTP() as again:
    again.connect(HOST, PORT)
    again.login("ann", "tea")
    kept = []
    again.retrlines("RETR log.txt", kept.append)
    print(kept)
