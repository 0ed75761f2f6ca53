"""A printing press with anyio: proofs by children, pages through streams, a bell rung from a thread, a late order cancelled."""

import math
import sys
import threading

import anyio
from anyio import from_thread, to_thread
from anyio.streams.text import TextReceiveStream

SPELL = "import sys; text = sys.stdin.read(); print(text.count('teh')); sys.exit('teh' in text)"


async def proof(name, text, found):
    done = await anyio.run_process([sys.executable, "-c", SPELL], input=text.encode(), check=False)
    found[name] = int(done.stdout)
    await anyio.Path(f"{name}.proof").write_text(f"{done.returncode}")


async def typeset(pages, send):
    async with send:
        for number, page in enumerate(pages, 1):
            await anyio.Path(f"page{number}.txt").write_text(page)
            await send.send((number, page))


async def bind(receive, book):
    async with receive, await anyio.open_file(book, "w") as file:
        async for number, page in receive:
            await file.write(f"{number}: {page}\n")
            await anyio.sleep(0.01)


def press(times):
    """Presses in a worker thread, which tells the loop of each time."""
    for number in range(times):
        from_thread.run(ring, number)
    with open("presses", "a") as file:
        file.write(f"{times} by a worker: {threading.current_thread() is not threading.main_thread()}\n")
    return from_thread.run_sync(math.factorial, times)


async def ring(number):
    await (anyio.Path("bells") / f"{number}").touch()


async def main():
    found = {}
    async with anyio.create_task_group() as group:
        for name, text in {"cover": "teh cover of teh book", "back": "fine"}.items():
            group.start_soon(proof, name, text, found)
    print("typos", dict(sorted(found.items())))
    try:
        await anyio.run_process("echo jammed >&2; exit 9")
    except Exception as error:
        print(type(error).__name__, error.returncode, error.stderr)

    send, receive = anyio.create_memory_object_stream(1)
    async with anyio.create_task_group() as group:
        group.start_soon(bind, receive, "book.txt")
        group.start_soon(typeset, ["once", "upon", "a time"], send)
    print((await anyio.Path("book.txt").read_text()).splitlines())

    async with await anyio.open_process(["sh", "-c", "read name; echo set $name; echo folded"]) as press_run:
        await press_run.stdin.send(b"the book\n")
        await press_run.stdin.aclose()
        print("".join([text async for text in TextReceiveStream(press_run.stdout)]).split("\n"), await press_run.wait())

    await anyio.Path("bells").mkdir()
    print(await to_thread.run_sync(press, 3), sorted([path.name async for path in anyio.Path("bells").iterdir()]))
    with anyio.move_on_after(0.3) as scope:
        await anyio.run_process(["sleep", "30"])
    print("too late" if scope.cancelled_caught else "in time", (await anyio.Path("presses").read_text()).strip())


anyio.run(main)
