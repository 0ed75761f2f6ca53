"""Coroutines and threads together: to_thread, executors, calls from threads into the loop, timers."""

import asyncio
import concurrent.futures
import threading
from pathlib import Path


def save(name, text):
    Path(name).write_text(text)
    return len(text)


async def shout(name):
    return Path(name).read_text().upper()


async def main():
    loop = asyncio.get_running_loop()
    print(await asyncio.to_thread(save, "one", "first"), await loop.run_in_executor(None, save, "two", "second!"))
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        print(await asyncio.gather(*(loop.run_in_executor(pool, save, f"n{n}", "x" * n) for n in range(3))))

    def from_thread(results):
        future = asyncio.run_coroutine_threadsafe(shout("one"), loop)
        results.append(future.result(timeout=20))
        loop.call_soon_threadsafe(done.set)

    done, results = asyncio.Event(), []
    thread = threading.Thread(target=from_thread, args=(results,))
    thread.start()
    await done.wait()
    thread.join()
    print(results)
    calls = []
    loop.call_later(0.02, calls.append, "later")
    loop.call_soon(calls.append, "soon")
    loop.call_later(30, calls.append, "never").cancel()
    await asyncio.sleep(0.05)
    print(calls, loop.is_running())


asyncio.run(main())
with asyncio.Runner() as runner:
    print(runner.run(shout("two")), runner.run(asyncio.sleep(0, "again")))
