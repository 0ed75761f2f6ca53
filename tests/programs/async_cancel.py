"""Cancellation: finally blocks with effects, swallowed and uncancelled, of the main task and by an error outside."""

import asyncio
import os
from pathlib import Path


async def guarded(name: str) -> None:
    Path(name).mkdir()
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError as error:
        print(name, "cancelled", error.args)
        await asyncio.sleep(0.02)
        Path(name, "left").write_text("in the except block")
        raise
    finally:
        os.rename(name, f"{name} (done)")


async def stubborn() -> str:
    for _ in range(2):
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            print("not yet", asyncio.current_task().cancelling(), asyncio.current_task().uncancel())
    return "of its own will"


async def background() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        print("the end cancels what is left")
        Path("background").write_text("ended")


async def main() -> None:
    task = asyncio.create_task(guarded("one"))
    await asyncio.sleep(0.01)
    print(task.cancel("enough"), task.cancelled())
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled", task.cancelled(), sorted(os.listdir()))
    task = asyncio.create_task(stubborn())
    for _ in range(2):
        await asyncio.sleep(0.01)
        task.cancel()
    print(await task)
    asyncio.get_running_loop().call_later(0.02, asyncio.current_task().cancel)
    try:
        await guarded("two")
    except asyncio.CancelledError:
        asyncio.current_task().uncancel()
    left = asyncio.create_task(background())
    await asyncio.sleep(0.01)
    print(left.done())
    raise SystemExit(7)


asyncio.run(main())
