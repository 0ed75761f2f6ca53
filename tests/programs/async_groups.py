"""Task groups: results, errors as exception groups, the others cancelled in order."""

import asyncio
from contextlib import suppress
from pathlib import Path


async def write(path: Path, text: str, seconds: float) -> int:
    try:
        await asyncio.sleep(seconds)
        path.write_text(text)
        return len(text)
    finally:
        print(path.name, path.exists())


async def fail(seconds: float, error: Exception) -> None:
    await asyncio.sleep(seconds)
    raise error


async def together() -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(write(Path(f"{n}.txt"), "x" * n, 0.01 * n), name=f"writer {n}") for n in range(4)]
    print([task.result() for task in tasks], [task.get_name() for task in tasks])


async def with_errors() -> None:
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail(0.01, KeyError("first")))
            group.create_task(fail(0.01, OSError("second")))
            group.create_task(write(Path("never.txt"), "never", 5))
    except* KeyError as errors:
        print("keys", errors.exceptions)
    except* OSError as errors:
        print("os", errors.exceptions)


async def nested() -> None:
    with suppress(ExceptionGroup):
        async with asyncio.TaskGroup() as outer:
            outer.create_task(together())
            async with asyncio.TaskGroup() as inner:
                inner.create_task(fail(0.2, RuntimeError("inner")))
    print("done", sorted(path.name for path in Path().glob("*.txt")))


async def main() -> None:
    await together()
    await with_errors()
    await nested()
    async with asyncio.TaskGroup() as group:
        group.create_task(fail(0.01, ZeroDivisionError("not caught")))


asyncio.run(main())
