"""Merges sources with anyio: task groups, memory streams, cancel scopes, files and threads."""

import anyio
import anyio.to_thread
from anyio import create_memory_object_stream, create_task_group, fail_after, move_on_after


async def produce(name, send):
    async with send:
        async with await anyio.open_file(f"{name}.txt") as file:
            async for line in file:
                await send.send((name, line.strip()))


async def consume(receive, seen):
    async with receive:
        async for item in receive:
            seen.append(item)


async def started(*, task_status=anyio.TASK_STATUS_IGNORED):
    await anyio.Path("started").write_text("yes")
    task_status.started("ready")
    await anyio.sleep_forever()


async def main():
    for name, count in (("a", 2), ("b", 3)):
        await anyio.Path(f"{name}.txt").write_text("".join(f"{name}{n}\n" for n in range(count)))
    send, receive = create_memory_object_stream(2)
    seen = []
    async with create_task_group() as group:
        group.start_soon(consume, receive, seen)
        async with send:
            for name in "ab":
                group.start_soon(produce, name, send.clone())
    print(sorted(seen))
    async with create_task_group() as group:
        print(await group.start(started), await anyio.Path("started").exists())
        group.cancel_scope.cancel()
    with move_on_after(0.02) as scope:
        await anyio.sleep(60)
    print("moved on", scope.cancelled_caught)
    try:
        with fail_after(0.02):
            await anyio.Event().wait()
    except TimeoutError:
        print("failed in time")
    with open("count.txt", "w") as file:
        print(await anyio.to_thread.run_sync(file.write, "four"))
    limiter = anyio.CapacityLimiter(1)
    async with limiter:
        print(limiter.borrowed_tokens)


anyio.run(main)
