"""Time of a program under test: it jumps, deadlines keep their order, and what is real is waited for."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from durable.testing import Answer, Programs, Stuck, slow

DEADLINES = """
    import asyncio, queue, signal, threading, time
    from datetime import datetime

    start = time.monotonic()

    def say(*what):
        print(round(time.monotonic() - start, 6), *what)

    def nap(name, seconds):
        time.sleep(seconds)
        say(name)

    threads = [threading.Thread(target=nap, args=pair) for pair in (("month", 2592000), ("hour", 3600), ("tick", 0.1))]
    for thread in threads:
        thread.start()
    try:
        queue.Queue().get(timeout=60)
    except queue.Empty:
        say("empty")
    print(threading.Event().wait(1800.5), threads[1].is_alive())
    for thread in threads:
        thread.join()

    async def job(name, seconds):
        await asyncio.sleep(seconds)
        say(name)
        return name

    async def main():
        print(await asyncio.gather(job("b", 2), job("a", 1)))
        try:
            await asyncio.wait_for(job("never", 86400), 3600)
        except asyncio.TimeoutError:
            say("timed out")

    asyncio.run(main())
    signal.signal(signal.SIGALRM, lambda number, frame: say("alarm"))
    signal.alarm(30)
    time.sleep(60)
    say("end")
    print(datetime.now())
"""


def test_deadlines_come_in_their_order(durable_program: Programs, script) -> None:
    result = durable_program.run(script.write(DEADLINES), start=datetime(2026, 1, 31))
    lines = result.ok().stdout.splitlines()
    assert lines == [
        "0.1 tick", "60.0 empty", "False True", "3600.0 hour", "2592000.0 month", "2592001.0 a", "2592002.0 b",
        "['b', 'a']", "2595602.0 timed out", "2595632.0 alarm", "2595662.0 end", "2026-03-02 01:01:02",
    ]  # fmt: skip
    assert result.elapsed == timedelta(seconds=2595662)


RACE = """
    import asyncio, subprocess, time
    import httpx

    async def fetch(name):
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://example.com/{name}")
            return answer.text

    async def main():
        tasks = [asyncio.create_task(fetch(name)) for name in ("slow", "quick")]
        for done in asyncio.as_completed(tasks, timeout=100):
            print(await done, round(time.monotonic() - start))
        try:
            print(await asyncio.wait_for(fetch("slow"), 10))
        except asyncio.TimeoutError:
            print("too slow", round(time.monotonic() - start))

    start = time.monotonic()
    asyncio.run(main())
"""


def test_slow_stubs_race_with_each_other_and_with_deadlines(durable_program: Programs, script) -> None:
    import httpx

    def get(url: str) -> httpx.Response:
        return httpx.Response(200, text=url.rpartition("/")[2])

    program = script.write(RACE)
    result = durable_program.run(program, stubs={"httpx.AsyncClient.get": slow(get, 30)})
    assert result.ok().stdout == "slow 30\nquick 30\ntoo slow 40\n"


def test_a_real_step_is_waited_for(durable_program: Programs, script) -> None:
    program = script.write("""
        import subprocess, threading, time

        def work():
            print(subprocess.run(["sh", "-c", "sleep 0.3; echo done"], capture_output=True, text=True).stdout.strip())

        thread = threading.Thread(target=work)
        thread.start()
        thread.join(30)
        print(thread.is_alive())
        try:
            subprocess.run(["sleep", "5"], timeout=0.2)
        except subprocess.TimeoutExpired:
            print("timed out")
        time.sleep(1e6)
    """)
    result = durable_program.run(program)
    assert result.ok().stdout == "done\nFalse\ntimed out\n"
    assert timedelta(seconds=1e6) <= result.elapsed < timedelta(seconds=1e6 + 60)


def test_a_program_that_waits_for_the_clock_without_sleeping_comes_on(durable_program: Programs, script) -> None:
    program = script.write("""
        import time

        end = time.time() + 0.2
        while time.time() < end:
            pass
        print("over")
    """)
    assert durable_program.run(program).stdout == "over\n"


PROMPTS = """
    import getpass, queue, threading
    from datetime import datetime

    answers = queue.Queue()

    def ask(name):
        answers.put((name, input(f"{name}? ")))

    for name in ("first", "second"):
        threading.Thread(target=ask, args=(name,), daemon=True).start()
    print(answers.get(timeout=100000), answers.get(timeout=100000))
    print(getpass.getpass("Secret: "))
"""


def test_people_answer_when_they_like(durable_program: Programs, script) -> None:
    program = script.write(PROMPTS)
    later = {
        "first?": Answer("one", after=timedelta(hours=2)),
        "second?": [Answer("two", after=60)],
        "Secret:": "s3cret",
    }
    result = durable_program.run(program, answers=later)
    assert result.stdout == "first? second? ('second', 'two') ('first', 'one')\ns3cret\n"
    assert result.stderr == "Secret: "
    assert result.prompts == ["first? ", "second? ", "Secret: "]
    assert result.elapsed == timedelta(hours=2)
    in_turn = durable_program.run(program, answers=["a", "b", "c"])
    assert in_turn.stdout.endswith("('first', 'a') ('second', 'b')\nc\n")
    by_function = durable_program.run(program, answers=lambda text: text.upper())
    assert by_function.stdout.endswith("('second', 'SECOND? ')\nSECRET: \n")


def test_what_nobody_provides_is_named(durable_program: Programs, script) -> None:
    with pytest.raises(Stuck, match=r"program.py:13: no answer is scripted for the prompt 'Secret:'"):
        durable_program.run(script.write(PROMPTS), answers=["a", "b"])
    deadlock = script.write("import threading\nthreading.Event().wait()\n")
    with pytest.raises(Stuck, match="waits for ever"):
        durable_program.run(deadlock)
