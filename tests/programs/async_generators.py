"""Asynchronous generators, comprehensions and context managers, their effects and their ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from pathlib import Path


async def lines(path: Path) -> AsyncIterator[str]:
    try:
        for line in path.read_text().splitlines():
            await asyncio.sleep(0.005)
            yield line
    finally:
        with path.open("a") as file:
            file.write("closed\n")


@asynccontextmanager
async def workspace(name: str) -> AsyncIterator[Path]:
    folder = Path(name)
    folder.mkdir()
    await asyncio.sleep(0.01)
    try:
        yield folder
    finally:
        await asyncio.sleep(0.01)
        for path in sorted(folder.iterdir()):
            print(path, path.read_text().split())
            path.unlink()
        folder.rmdir()


class Counter:
    def __init__(self, stop: int) -> None:
        self.count, self.stop = 0, stop

    def __aiter__(self) -> "Counter":
        return self

    async def __anext__(self) -> int:
        if self.count == self.stop:
            raise StopAsyncIteration
        self.count += 1
        await asyncio.sleep(0)
        return self.count


async def main() -> None:
    async with workspace("work") as folder:
        path = folder / "lines"
        path.write_text("one\ntwo\nthree\n")
        print([line async for line in lines(path)])
        async with aclosing(lines(path)) as some:
            async for line in some:
                print(line)
                break
        print({n: n * n async for n in Counter(4) if n % 2})
    async with AsyncExitStack() as stack:
        folders = [await stack.enter_async_context(workspace(name)) for name in ("a", "b")]
        stack.push_async_callback(asyncio.sleep, 0.01)
        for number, folder in enumerate(folders):
            (folder / "file").write_text(f"{number}")
    forgotten = lines(Path("left.txt"))
    Path("left.txt").write_text("first\nsecond\n")
    print(await anext(forgotten))


asyncio.run(main())
print(Path("left.txt").read_text().split())
