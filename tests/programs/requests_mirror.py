"""Mirrors a library with requests: a session that logs in, pages, conditional downloads, an adapter that retries."""

import hashlib
import json
import logging
import os
import sys
from pathlib import Path
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter

BASE = os.environ["LIBRARY"]
log = logging.getLogger("mirror")


class LibraryError(Exception):
    def __init__(self, message, response):
        super().__init__(message)
        self.status = response.status_code


class Library:
    def __init__(self, base, user):
        self.base = base
        self.session = requests.Session()
        self.session.mount("http://", HTTPAdapter(max_retries=2, pool_maxsize=4))
        self.session.hooks["response"].append(self.seen)
        self.requests = 0
        token = self.get("login", user=user)["token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    def seen(self, response, **options):
        self.requests += 1
        log.info("%s %s", response.request.method, response.status_code)

    def get(self, path, **params):
        response = self.session.get(urljoin(self.base, path), params=params, timeout=5)
        if not response.ok:
            raise LibraryError(response.json()["error"], response)
        return response.json()

    def books(self):
        page = self.get("books")
        yield from page["books"]
        while "next" in page:
            page = self.get(page["next"])
            yield from page["books"]

    def download(self, book):
        path = Path("mirror", f"{book['id']}.txt")
        with self.session.get(f"{self.base}/text/{book['id']}", stream=True, timeout=5) as response:
            digest = hashlib.md5()
            with path.open("wb") as file:
                for chunk in response.iter_content(256):
                    digest.update(chunk)
                    file.write(chunk)
        return book["id"], digest.hexdigest()[:8]


def main():
    logging.basicConfig(filename="mirror.log", level=logging.INFO, format="%(message)s")
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    Path("mirror").mkdir(exist_ok=True)
    library = Library(BASE, "ann")
    books = list(library.books())
    sums = dict(map(library.download, books))
    Path("mirror", "sums.json").write_text(json.dumps(sums, indent=1))
    print(len(books), sums)
    print(library.get("whoami"), library.session.cookies.get_dict())
    response = library.session.put(f"{BASE}/notes/mirror", json=sorted(sums.values()))
    print(response.status_code, response.json()["stored"][:2], response.request.headers["Content-Type"])
    try:
        library.get("books/77")
    except LibraryError as error:
        print("no such book:", error, error.status)
    try:
        requests.get("http://127.0.0.1:1/x", timeout=1)
    except requests.ConnectionError as error:
        print(type(error).__name__, error.request.url)
    try:
        library.session.get(f"{BASE}/slow/2", timeout=0.2)
    except requests.RequestException as error:
        print(isinstance(error, requests.Timeout), type(error).__name__, type(error.args[0]).__name__)
    head = library.session.head(f"{BASE}/books/3")
    print(head.headers["ETag"], head.content, library.requests)
    print(len(Path("mirror.log").read_text().splitlines()))
    return 0 if len(sums) == len(books) else 1


if __name__ == "__main__":
    sys.exit(main())
