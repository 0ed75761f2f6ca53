"""Scrape product prices politely and append them to a history file."""

import csv
import random
import time
from datetime import datetime, timezone
from urllib.parse import urljoin, urlparse
from urllib.robotparser import RobotFileParser

import requests
from bs4 import BeautifulSoup
from tqdm import tqdm

START = "https://shop.example/catalogue/page-1.html"
AGENT = "price-watch/1.0 (+https://example.com/bot)"


def allowed(url):
    parts = urlparse(url)
    robots = RobotFileParser(f"{parts.scheme}://{parts.netloc}/robots.txt")
    robots.read()
    return robots.can_fetch(AGENT, url)


def get(session, url, tries=3):
    for attempt in range(tries):
        try:
            response = session.get(url, timeout=20)
            response.raise_for_status()
            return response
        except requests.RequestException as error:
            wait = 2**attempt + random.random()
            print(f"{url}: {error}, again in {wait:.1f} s")
            time.sleep(wait)
    raise RuntimeError(f"gave up on {url}")


def parse(html, base):
    soup = BeautifulSoup(html, "html.parser")
    for card in soup.select("article.product"):
        link = card.find("a", class_="title")
        yield {
            "title": link.get_text(strip=True),
            "url": urljoin(base, link["href"]),
            "price": card.select_one(".price").text.lstrip("£"),
        }
    following = soup.find("li", class_="next")
    if following:
        yield urljoin(base, following.a["href"])


def crawl(start, limit):
    session = requests.Session()
    session.headers.update({"User-Agent": AGENT})
    url, bar = start, tqdm(total=limit)
    while url and limit:
        page = get(session, url)
        following = None
        for item in parse(page.text, page.url):
            if isinstance(item, str):
                following = item
            else:
                yield item
        url, limit = following, limit - 1
        bar.update(1)
        time.sleep(random.uniform(0.5, 1.5))
    session.close()


def main():
    if not allowed(START):
        raise SystemExit("robots.txt says no")
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    with open("prices.csv", "a", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, fieldnames=["when", "title", "url", "price"])
        for item in crawl(START, 20):
            writer.writerow({"when": now, **item})
            out.flush()


main()
