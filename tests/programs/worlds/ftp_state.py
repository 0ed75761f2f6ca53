"""Prints all that stands in the folder of the FTP server of the environment: each file with its contents."""

import os
from pathlib import Path

folder = Path(os.environ["FTP_FOLDER"])
for path in sorted(folder.rglob("*")):
    print(path.relative_to(folder), path.read_bytes() if path.is_file() else "")
