"""Reads settings, logs to a file and to standard error, and rewrites its settings in place."""

import configparser
import contextlib
import fileinput
import logging
import logging.handlers
import os
import sys
import warnings
from pathlib import Path

Path("app.ini").write_text("[job]\nname = nightly\ncount = 2\n\n[paths]\nout = ${job:name}.out\n")
config = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
print(config.read(["missing.ini", "app.ini"]), config["paths"]["out"], config.getint("job", "count"))

log = logging.getLogger("job")
log.setLevel(logging.DEBUG)
handler = logging.handlers.RotatingFileHandler("job.log", maxBytes=120, backupCount=2)
handler.setFormatter(logging.Formatter("%(levelname)s %(funcName)s %(message)s"))
log.addHandler(handler)
stream = logging.StreamHandler(sys.stderr)
stream.setLevel(logging.WARNING)
log.addHandler(stream)


def work(count):
    for number in range(count):
        log.info("part %d of %d", number + 1, count)
    try:
        os.rmdir("nothing")
    except OSError:
        log.error("could not clean up")
    log.warning("done with %s", config["job"]["name"])


work(config.getint("job", "count"))
work(1)
for name in sorted(Path(".").glob("job.log*")):
    print(name, name.read_text().count("\n"))

config["job"]["count"] = "3"
with open("app.ini", "w") as file:
    config.write(file)
with fileinput.input("app.ini", inplace=True) as lines:
    for line in lines:
        print(line.replace("nightly", "daily"), end="")
print(Path("app.ini").read_text().split("\n")[:3])
with contextlib.redirect_stderr(sys.stdout):
    warnings.simplefilter("always")
    warnings.warn("old setting", DeprecationWarning, stacklevel=1)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    warnings.warn("again")
    print(len(caught), caught[0].message)
log.removeHandler(handler)
handler.close()
logging.shutdown()
sys.exit(3 if config.getboolean("job", "strict", fallback=True) else 0)
