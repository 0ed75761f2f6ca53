"""Coroutines by hand: awaitables, callbacks, futures, iterators, eager closing, exceptions nobody waited for."""

import asyncio
import contextlib
from pathlib import Path


class Saved:
    """An awaitable that saves and gives the size back."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        Path(self.name).write_text(self.text)
        return Path(self.name).stat().st_size


class Countdown:
    def __init__(self, start):
        self.now = start

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.now:
            raise StopAsyncIteration
        self.now -= 1
        return await Saved(f"count{self.now}", "x" * self.now)

    async def __aenter__(self):
        await Saved("open", "yes")
        return self

    async def __aexit__(self, *error):
        Path("open").unlink()
        return error[0] is ZeroDivisionError


async def lines(name):
    try:
        for line in Path(name).read_text().split():
            try:
                got = yield line
            except ValueError as error:
                yield f"threw {error}"
            else:
                if got:
                    Path("got").write_text(got)
    finally:
        await asyncio.sleep(0)
        Path("finished").write_text(name)


async def main():
    loop = asyncio.get_running_loop()
    print(await Saved("a", "one two three"), await asyncio.gather(Saved("b", "x"), Saved("c", "yy")))
    async with Countdown(3) as countdown:
        print([size async for size in countdown])
        1 / 0
    print(Path("open").exists())
    stream = lines("a")
    print(await stream.asend(None), await stream.asend("sent"), await stream.athrow(ValueError("it")))
    await stream.aclose()
    print(Path("got").read_text(), Path("finished").read_text())
    async with contextlib.aclosing(lines("b")) as closing:
        async for line in closing:
            print(line)
            break
    print(Path("finished").read_text())
    future = loop.create_future()
    future.add_done_callback(lambda done: Path("called").write_text(done.result()))
    loop.call_soon(future.set_result, "back")
    print(await future)
    await asyncio.sleep(0)
    print(Path("called").read_text(), future.done())
    problems = []
    loop.set_exception_handler(lambda loop, context: problems.append(context["message"]))
    loop.call_soon(lambda: Path("none").read_text())
    await asyncio.sleep(0.001)
    print(problems[0].split("<")[0].split(" at ")[0])
    task = asyncio.current_task()
    print(task.get_coro().__name__, len(asyncio.all_tasks()))
    results = []
    for done in asyncio.as_completed([asyncio.sleep(0.03, "slow"), asyncio.sleep(0.001, "quick")]):
        results.append(await done)
    print(results)


asyncio.run(main())
