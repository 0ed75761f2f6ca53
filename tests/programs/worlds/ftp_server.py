"""An FTP server (pyftpdlib) over a folder of its own for each program: prints where it is when it is ready."""

import logging
import shutil
import signal
import sys
import tempfile
import warnings
from pathlib import Path

warnings.simplefilter("ignore", DeprecationWarning)  # of asyncore

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

folder = Path(tempfile.mkdtemp(prefix="ftp-", dir="/tmp"))
(folder / "incoming" / "old").mkdir(parents=True)
for name in ("monday", "tuesday", "friday"):
    (folder / "incoming" / f"{name}.csv").write_text("".join(f"{name},{n}\n" for n in range(400)))
(folder / "incoming" / "old" / "last.csv").write_text("last\n")

logging.basicConfig(level=logging.ERROR)
authorizer = DummyAuthorizer()
authorizer.add_user("ann", "tea", str(folder), perm="elradfmwMT")
FTPHandler.authorizer = authorizer
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
server = FTPServer(("127.0.0.1", 0), FTPHandler)
try:
    host, port = server.address
    print(f"FTP_HOST={host} FTP_PORT={port} FTP_FOLDER={folder}", flush=True)
    server.serve_forever(handle_exit=False)
finally:
    shutil.rmtree(folder, ignore_errors=True)
