"""Libraries that open files under names of their own, and a configuration that is read before a crash."""

import bz2
import configparser
import lzma
import runpy
import tarfile
import tokenize

with open("made.txt", "w") as f:
    f.write("with open('inner.txt', 'w') as f:\n    f.write('inner')\nanswer = 42\n")
with bz2.open("b.bz2", "wt") as f:
    f.write("squeezed")
print(bz2.BZ2File("b.bz2").read())
with lzma.open("l.xz", "wb") as f:
    f.write(b"squeezed more")
print(lzma.open("l.xz", "rt").read())
print(runpy.run_path("made.txt")["answer"], open("inner.txt").read())
with tokenize.open("made.txt") as f:
    print(f.readline(), end="")
with tarfile.open("t.tar", "w") as t:
    info = tarfile.TarInfo("empty")
    t.addfile(info)
print(tarfile.open("t.tar").getnames())
with open("app.ini", "w") as f:
    f.write("[app]\nretries = 3\n")
config = configparser.ConfigParser()
print(config.read("app.ini"))
with open("after.txt", "w") as f:
    f.write(config["app"]["retries"])
