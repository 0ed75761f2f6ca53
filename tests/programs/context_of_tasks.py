"""Context variables and weak references: copy_context, tokens, callbacks with contexts, WeakValueDictionary, finalize."""

import asyncio
import contextvars
import gc
import threading
import weakref
from pathlib import Path

user = contextvars.ContextVar("user", default="nobody")
depth = contextvars.ContextVar("depth")


def log(text):
    with open(f"{user.get()}.log", "a") as file:
        file.write(f"{user.get()}:{depth.get(0)} {text}\n")


def nested(levels):
    token = depth.set(depth.get(0) + 1)
    try:
        log("in")
        return levels and nested(levels - 1)
    finally:
        depth.reset(token)


class Document:
    opened = weakref.WeakValueDictionary()

    def __new__(cls, name):
        found = cls.opened.get(name)
        if found is None:
            found = super().__new__(cls)
            found.text = Path(name).read_text()
            cls.opened[name] = found
            weakref.finalize(found, log, f"closed {name}")
        return found


async def request(name):
    user.set(name)
    await asyncio.sleep(0)
    log("request")
    await asyncio.to_thread(log, "thread")
    asyncio.get_running_loop().call_soon(log, "callback")
    await asyncio.sleep(0)
    return user.get()


async def main():
    names = await asyncio.gather(*map(request, ["ann", "bob"]))
    other = contextvars.Context()
    task = asyncio.create_task(request("zoe"), context=other)
    await task
    return names, other[user], user.get()


Path("a.txt").write_text("a text")
user.set("root")
nested(2)
copy = contextvars.copy_context()
copy.run(user.set, "copied")
copy.run(log, "in a copy")
log("outside")
print(user.get(), copy[user], depth in copy, len(list(copy)) >= 1)
print(asyncio.run(main()))
thread = threading.Thread(target=log, args=("plain thread",))
thread.start()
thread.join()
first, second = Document("a.txt"), Document("a.txt")
print(first is second, list(Document.opened), weakref.getweakrefcount(first) > 0)
del first, second
gc.collect()
print(list(Document.opened))
for path in sorted(Path().glob("*.log")):
    print(path.stem, path.read_text().splitlines())
try:
    depth.get()
except LookupError as error:
    print(type(error).__name__)
