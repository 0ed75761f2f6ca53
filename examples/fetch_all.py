"""Fetch pages side by side and say what came, in the order asked for.

    python fetch_all.py [URL...]

Without URLs, some pages of the shop at ORDERS_API (http://127.0.0.1:8471).
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import requests

API = os.environ.get("ORDERS_API", "http://127.0.0.1:8471")
PAGES = [
    "/orders?page=1",
    "/orders?page=2",
    "/orders/1001",
    "/orders/1005",
    "/orders/9999",
    "/nowhere",
    "/orders?page=4",
]


def fetch(url: str) -> tuple[int, int]:
    response = requests.get(url, timeout=30)
    return response.status_code, len(response.content)


def main() -> None:
    urls = sys.argv[1:] or [API + page for page in PAGES]
    with ThreadPoolExecutor(max_workers=4) as pool:
        futures = [(url, pool.submit(fetch, url)) for url in urls]
        total = 0
        for url, future in futures:
            status, size = future.result()
            total += size
            print(f"{status} {size:>6} {urlsplit(url).path}")
    print(f"{len(urls)} pages, {total} bytes")


if __name__ == "__main__":
    main()
