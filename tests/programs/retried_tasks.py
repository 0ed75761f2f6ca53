"""Tasks that are tried again: tenacity on coroutines, its sleeps in the loop, several at a time, time-outs and a final word."""

import asyncio
import json
from pathlib import Path

from tenacity import (
    AsyncRetrying,
    RetryError,
    retry,
    retry_if_exception,
    retry_if_not_exception_type,
    stop_after_attempt,
    wait_fixed,
    wait_random_exponential,
)


class Busy(Exception):
    pass


def failures(name):
    """How often a name has failed already; counts one more."""
    path = Path(f"{name}.count")
    count = int(path.read_text()) if path.exists() else 0
    path.write_text(str(count + 1))
    return count


@retry(retry=retry_if_exception(lambda error: isinstance(error, Busy)), wait=wait_fixed(0.02), stop=stop_after_attempt(4))
async def deliver(name, busy):
    if failures(name) < busy:
        await asyncio.sleep(0.001)
        raise Busy(name)
    if name == "broken":
        raise ValueError(name)
    Path(f"{name}.done").write_text(name.upper())
    return name, deliver.statistics["attempt_number"] > 0


async def note(state):
    await asyncio.to_thread(Path(f"{state.fn.__name__}.retry{state.attempt_number}").touch)


@retry(wait=wait_random_exponential(0.005, max=0.02), stop=stop_after_attempt(3), before_sleep=note, reraise=True)
async def upload():
    async with asyncio.timeout(0.01):
        await asyncio.sleep(5)


async def poll():
    async for attempt in AsyncRetrying(stop=stop_after_attempt(5), wait=wait_fixed(0.01), retry=retry_if_not_exception_type(KeyError)):
        with attempt:
            number = attempt.retry_state.attempt_number
            Path("state.json").write_text(json.dumps({"number": number, "ready": number == 3}))
            if not json.loads(Path("state.json").read_text())["ready"]:
                raise Busy
        if not attempt.retry_state.outcome.failed:
            attempt.retry_state.set_result(number * 10)
    return number, attempt.retry_state.outcome.result()


async def main():
    found = await asyncio.gather(
        *(deliver(name, busy) for name, busy in {"a": 0, "b": 1, "c": 2, "broken": 1, "never": 9}.items()), return_exceptions=True
    )
    for each in found:
        if isinstance(each, RetryError):
            print("gave up after", each.last_attempt.attempt_number, type(each.last_attempt.exception()).__name__)
        else:
            print(repr(each))
    try:
        await upload()
    except TimeoutError as error:
        print("timed out", type(error).__name__)
    print(await poll())
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(AsyncRetrying(stop=stop_after_attempt(3), wait=wait_fixed(0.01))(deliver, name, 1)) for name in "xy"]
    print([task.result()[0] for task in tasks], sorted(path.name for path in Path(".").glob("*.*") if path.suffix in (".done", ".count")))


asyncio.run(main())
