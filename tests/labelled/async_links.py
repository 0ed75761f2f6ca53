"""Check the links of a site with asyncio: many at a time, results in SQLite."""

import asyncio
import re
import sqlite3
import sys
from collections import deque
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin

import aiohttp


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def links(html, base):
    parser = Links()
    parser.feed(html)
    return {urldefrag(urljoin(base, one)).url for one in parser.found}


async def check(session, url, semaphore):
    async with semaphore:
        try:
            async with session.get(url, timeout=aiohttp.ClientTimeout(total=20)) as response:
                text = await response.text() if "html" in response.content_type else ""
                return url, response.status, links(text, str(response.url))
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            return url, type(error).__name__, set()


def store(connection, url, status):
    connection.execute("INSERT OR REPLACE INTO link VALUES (?, ?)", (url, str(status)))


async def crawl(start, connection):
    semaphore = asyncio.Semaphore(10)
    seen, todo = {start}, deque([start])
    async with aiohttp.ClientSession() as session:
        while todo:
            tasks = []
            while todo:
                tasks.append(asyncio.create_task(check(session, todo.popleft(), semaphore)))
            for result in await asyncio.gather(*tasks):
                url, status, found = result
                store(connection, url, status)
                for link in found:
                    if link.startswith(start) and link not in seen:
                        seen.add(link)
                        todo.append(link)
            connection.commit()
            await asyncio.sleep(1)
    return len(seen)


def main():
    start = sys.argv[1] if len(sys.argv) > 1 else "https://docs.example/"
    if not re.match(r"https?://", start):
        sys.exit("not a URL")
    connection = sqlite3.connect("links.db")
    connection.executescript("CREATE TABLE IF NOT EXISTS link (url PRIMARY KEY, status)")
    count = asyncio.run(crawl(start, connection))
    broken = connection.execute("SELECT url, status FROM link WHERE status != '200'").fetchall()
    print(count, "links,", len(broken), "broken")
    for url, status in broken:
        print(status, url)


main()
