"""A PostgreSQL server of its own for each program: prints how libpq finds it (a socket in a folder) when it is ready."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

USER = "nobody"  # the server refuses to be root's

BIN = Path(importlib.util.find_spec("pgserver").origin).parent / "pginstall" / "bin"
folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
who = {"user": USER, "cwd": "/"} if os.getuid() == 0 else {"cwd": "/"}
if os.getuid() == 0:
    shutil.chown(folder, USER)


data = folder / "data"
quiet = {"stdout": subprocess.DEVNULL, "stderr": sys.stderr}
subprocess.run(
    [BIN / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C", "-E", "UTF8"],
    check=True, **quiet, **who,
)
settings = {"listen_addresses": "", "unix_socket_directories": folder, "fsync": "off", "full_page_writes": "off"}
server = subprocess.Popen(
    [BIN / "postgres", "-D", data, *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))],
    **quiet, **who,
)
try:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    while subprocess.run([BIN / "pg_isready", "-q", "-U", "postgres", "-h", folder], **who).returncode:
        if server.poll() is not None:
            sys.exit("the server ended")
        time.sleep(0.02)
    print(f"PGHOST={folder} PGUSER=postgres PGDATABASE=postgres", flush=True)
    server.wait()
finally:
    server.send_signal(signal.SIGQUIT)
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)
