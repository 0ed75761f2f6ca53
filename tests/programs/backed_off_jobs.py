"""Jobs that back off: decorators over coroutines and functions, predicates over files, jitter, handlers, give-up rules."""

import asyncio
import logging
import sys
from pathlib import Path

import backoff

logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(name)s")


class Full(OSError):
    pass


def tell(details):
    with open("told.log", "a") as log:
        log.write(f"{details['target'].__name__} {details['tries']} {details['args']}\n")


def is_fatal(error):
    return "fatal" in str(error)


@backoff.on_exception(backoff.expo, Full, max_tries=4, factor=0.005, jitter=None, on_backoff=tell, giveup=is_fatal)
def store(name, room):
    with open("attempts", "a") as file:
        file.write(name)
    used = Path("attempts").read_text().count(name)
    if used < room:
        raise Full(f"{name} {'fatal' if name == 'z' else used}")
    Path(name).write_text("stored")
    return used


@backoff.on_predicate(backoff.constant, lambda size: size < 3, interval=0.005, jitter=backoff.full_jitter, max_tries=6, on_success=tell)
def grow():
    with open("grown", "a") as file:
        file.write("x")
    return Path("grown").stat().st_size


@backoff.on_exception(backoff.fibo, (Full, TimeoutError), max_value=0.02, max_tries=3, jitter=None, raise_on_giveup=False, logger=None)
@backoff.on_predicate(backoff.runtime, predicate=lambda answer: answer["wait"], value=lambda answer: answer["wait"], jitter=None)
def ask():
    answers = [{"wait": 0.01}, {"wait": 0.02}, {"wait": 0, "text": "open"}]
    number = len(list(Path(".").glob("ask*")))
    Path(f"ask{number}").touch()
    return answers[number]


@backoff.on_exception(backoff.constant, TimeoutError, interval=0.01, jitter=None, max_tries=3, on_giveup=tell)
async def fetch(name, slow):
    async with asyncio.timeout(20):
        path = Path(f"{name}.tries")
        tries = len(path.read_text()) if path.exists() else 0
        path.write_text("." * (tries + 1))
        if tries < slow:
            await asyncio.sleep(0)
            raise TimeoutError(name)
        return f"{name} at {tries}"


async def later():
    @backoff.on_predicate(backoff.expo, factor=0.005, max_tries=3, jitter=None)
    async def arrived():
        found = sorted(path.name for path in Path(".").glob("*.tries"))
        await asyncio.to_thread(Path(f"look{len(found)}").touch)
        return len(found) > 2

    print(await asyncio.gather(arrived(), fetch("one", 0), fetch("two", 2), fetch("three", 1)))
    try:
        await fetch("four", 9)
    except TimeoutError as error:
        print("gave up on", error)


def main():
    print(store("a", 1), store("b", 3))
    for name in "yz":
        try:
            store(name, 99)
        except Full as error:
            print(type(error).__name__, error)
    print(grow(), ask())
    asyncio.run(later())
    print(Path("told.log").read_text(), Path("attempts").read_text())


main()
