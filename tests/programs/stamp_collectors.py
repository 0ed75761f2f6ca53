"""Collectors share one jar of cookies each way: threads with urllib and requests, coroutines with httpx, all at once."""

import asyncio
import json
import os
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar

import httpx
import requests

LIBRARY = os.environ["LIBRARY"]
BRANCHES = ["north", "south", "east", "west", "harbour", "castle", "market", "mill"]

jar = CookieJar()
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
heard = []


def note(response, *args, **kwargs):
    heard.append(response.url.rsplit("/", 1)[1])


def by_urllib(branch):
    with opener.open(f"{LIBRARY}/stamp/{branch}") as response:
        return json.load(response)["stamp"]


def collect_with_threads():
    session = requests.Session()
    session.hooks["response"].append(note)
    with ThreadPoolExecutor(4) as pool:
        print("urllib:", *pool.map(by_urllib, BRANCHES))
        answers = pool.map(lambda branch: session.get(f"{LIBRARY}/stamp/{branch}").json()["stamp"], BRANCHES)
        print("requests:", *answers)
    print(len(jar), sorted(cookie.name for cookie in jar))
    print(len(session.cookies), sorted(session.cookies.keys()))
    print("heard of", *sorted(heard))
    return session


async def collect_with_coroutines():
    async with httpx.AsyncClient(base_url=LIBRARY) as client:

        async def stamp(branch):
            response = await client.get(f"/stamp/{branch}")
            return response.json()["stamp"]

        print("httpx:", *await asyncio.gather(*map(stamp, BRANCHES)))
        print(len(client.cookies), sorted(client.cookies))
        shown = await client.get("/whoami")
        return sorted(shown.json()["cookie"].split("; "))


session = collect_with_threads()
print(asyncio.run(collect_with_coroutines()))
print(sorted(session.get(f"{LIBRARY}/whoami").json()["cookie"].split("; ")))
