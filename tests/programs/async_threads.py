"""Coroutines and threads: to_thread, executors, loops of their own in threads, calls from thread to loop."""

import asyncio
import contextvars
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


def save(name: str, seconds: float) -> str:
    time.sleep(seconds)
    Path(name).write_text(f"{name} by {who.get()}")
    return f"{name} saved"


def loop_of_its_own(seconds: float) -> str:
    async def nap() -> str:
        await asyncio.sleep(seconds)
        return f"slept {seconds} in {threading.current_thread() is not threading.main_thread()}"

    return asyncio.run(nap())


async def main() -> None:
    who.set("main")
    print(await asyncio.gather(*(asyncio.to_thread(save, f"{n}.txt", 0.03 - 0.01 * n) for n in range(3))))
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(2) as pool:
        print(await asyncio.gather(*(loop.run_in_executor(pool, loop_of_its_own, 0.01 * n) for n in (3, 1, 2))))
    event, heard = asyncio.Event(), []

    def call() -> None:
        loop.call_soon_threadsafe(heard.append, "heard")
        loop.call_soon_threadsafe(event.set)
        heard.append(asyncio.run_coroutine_threadsafe(asyncio.sleep(0.01, "from the loop"), loop).result())

    thread = threading.Thread(target=call)
    thread.start()
    await event.wait()
    print(heard)
    await asyncio.to_thread(thread.join)
    print(heard)
    try:
        await asyncio.to_thread(Path("missing").read_text)
    except FileNotFoundError as error:
        print(type(error).__name__, error.filename)
    try:
        asyncio.run(asyncio.sleep(0))
    except RuntimeError as error:
        print(error)
    print(asyncio.get_running_loop() is loop, who.get())


main_coroutine = main()
asyncio.run(main_coroutine, debug=False)
loop = asyncio.new_event_loop()
print(loop, loop.run_until_complete(asyncio.sleep(0.01, "by hand")))
loop.close()
