"""Coroutines that sleep side by side, their results in order, one of them failing."""

import asyncio
import time


async def work(name: str, seconds: float) -> str:
    print(f"{name} starts")
    await asyncio.sleep(seconds)
    if name == "c":
        raise ValueError(f"{name} fails")
    print(f"{name} ends")
    return name.upper()


async def main() -> None:
    began = asyncio.get_running_loop().time()
    print(await asyncio.gather(work("a", 0.06), work("b", 0.02), work("d", 0.04)))
    print(await asyncio.gather(work("c", 0.01), work("b", 0.02), return_exceptions=True))
    try:
        await asyncio.gather(work("c", 0.01), work("e", 0.03))
    except ValueError as error:
        print("caught", error, asyncio.current_task().get_name(), len(asyncio.all_tasks()))
    await asyncio.sleep(0.05)
    print(len(asyncio.all_tasks()), [await result for result in map(work, "xyz", [0.0, 0, 0.01])])
    print(0.1 < asyncio.get_running_loop().time() - began < 60, time.monotonic() >= began)


if __name__ == "__main__":
    asyncio.run(main())
    asyncio.run(asyncio.sleep(0, "again"))
