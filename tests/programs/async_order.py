"""Results as they come, first come first served, with names in sets, and the first exception."""

import asyncio


async def answer(name: str, seconds: float) -> str:
    await asyncio.sleep(seconds)
    if name == "bad":
        raise LookupError(name)
    return name


async def main() -> None:
    waits = {"slow": 0.09, "quick": 0.01, "middle": 0.05}
    for result in asyncio.as_completed([answer(name, seconds) for name, seconds in waits.items()]):
        print(await result)
    tasks = {asyncio.create_task(answer(str(n), 0.01 + 0.02 * (n % 3)), name=str(n)) for n in range(6)}
    while tasks:
        done, tasks = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        print(sorted(task.get_name() for task in done), len(tasks))
    more = [
        asyncio.ensure_future(answer(name, seconds)) for name, seconds in [("good", 0.01), ("bad", 0.03), ("late", 9)]
    ]
    done, pending = await asyncio.wait(more, return_when=asyncio.FIRST_EXCEPTION)
    print(len(done), len(pending), more[1].exception())
    more[2].cancel()
    try:
        for result in asyncio.as_completed([answer("late", 9)], timeout=0.02):
            await result
    except TimeoutError:
        print("not in time")
    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda found: print("callback", found.result()))
    future.set_result("set")
    print(await future, repr(future))


asyncio.run(main())
