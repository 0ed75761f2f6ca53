"""Modules of packages, imported by their dotted names and used by them."""

import asyncio.subprocess, concurrent.futures
import email.mime.text
import logging.handlers
import os.path
import urllib.parse
import xml.etree.ElementTree as tree
from concurrent import futures


def archive(path):
    import concurrent.futures, shutil

    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(shutil.copy, path, f"{path}.old").result()


with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
    jobs = [pool.submit(os.path.exists, name) for name in ("here.log", "nowhere.log")]
    print([job.result() for job in jobs])
    print(concurrent.futures is futures, concurrent.futures.FIRST_COMPLETED)

log = logging.getLogger("here")
log.addHandler(logging.handlers.RotatingFileHandler("here.log", maxBytes=30, backupCount=1))
for number in range(2):
    log.error("entry %d of a rather long log", number)
print(archive("here.log"), os.path.getsize("here.log"), os.path.getsize("here.log.1"))
print(asyncio.subprocess.PIPE, urllib.parse.quote("a b"), tree.fromstring("<a><b/></a>")[0].tag)
print(email.mime.text.MIMEText("hello").get_payload())
