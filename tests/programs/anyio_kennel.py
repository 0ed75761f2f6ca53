"""A kennel run with anyio: task groups, capacity limiters, events, cancel scopes with deadlines, threads and paths."""

import anyio
from anyio import to_thread
from anyio.abc import TaskStatus


async def feed(dog, bowls, log):
    async with bowls, log:
        await anyio.sleep(0.01)
        await log.send(f"{dog} is fed")


async def writer(receive, path, *, task_status: TaskStatus = anyio.TASK_STATUS_IGNORED):
    async with await anyio.open_file(path, "w") as file, receive:
        task_status.started(path)
        async for line in receive:
            await file.write(line + "\n")


async def walk(dog, minutes, home):
    with anyio.move_on_after(0.05) as scope:
        await anyio.sleep(minutes)
        await anyio.Path(f"{dog}.walk").write_text("done")
        home.append(dog)
    return scope.cancelled_caught


async def bark_once(event):
    await event.wait()
    raise ValueError("bark")


def weigh(path):
    return len(open(path).read())


async def main():
    send, receive = anyio.create_memory_object_stream(2)
    bowls = anyio.CapacityLimiter(2)
    async with anyio.create_task_group() as group:
        path = await group.start(writer, receive, "kennel.log")
        async with send:
            async with anyio.create_task_group() as feeding:
                for dog in "rex", "bo", "kim", "lou":
                    feeding.start_soon(feed, dog, bowls, send.clone())
    print(path, sorted((await anyio.Path(path).read_text()).splitlines()))
    home = []
    print([await walk(dog, minutes, home) for dog, minutes in (("rex", 0.01), ("bo", 5))], home)

    event = anyio.Event()
    try:
        async with anyio.create_task_group() as group:
            group.start_soon(bark_once, event)
            group.start_soon(anyio.sleep, 60)
            event.set()
    except* ValueError as errors:
        print("barked:", [str(error) for error in errors.exceptions])
    try:
        with anyio.fail_after(0.02):
            await anyio.sleep_forever()
    except TimeoutError:
        print("nobody came")
    print(await to_thread.run_sync(weigh, path), await anyio.Path("rex.walk").exists())
    with anyio.CancelScope() as scope:
        try:
            scope.cancel()
            await anyio.sleep(1)
        finally:
            with anyio.CancelScope(shield=True):
                await anyio.Path("closed").touch()
    print(scope.cancel_called, sorted([p.name async for p in anyio.Path(".").glob("*.walk")]))
    lock = anyio.Lock()
    async with lock:
        print(lock.statistics().locked, bowls.borrowed_tokens, anyio.get_current_task().name.endswith("main"))


anyio.run(main)
