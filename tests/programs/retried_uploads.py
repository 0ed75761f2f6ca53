"""Uploads parts to a shaky store with tenacity: waits that grow, retry on results, before-sleep logs, a final error."""

import logging
import random
import sys
import time
from pathlib import Path

import tenacity
from tenacity import (
    RetryError,
    Retrying,
    retry,
    retry_if_exception_type,
    retry_if_result,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential,
    wait_fixed,
    wait_random,
)

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s", stream=sys.stdout)
log = logging.getLogger("uploads")
STORE = Path("store")


class Unavailable(ConnectionError):
    def __init__(self, part, attempt):
        super().__init__(part, attempt)
        self.part, self.attempt = part, attempt


def count_attempt(part):
    """Every attempt leaves a line: the store's own log."""
    with open("attempts.log", "a") as file:
        file.write(f"{part}\n")
    return Path("attempts.log").read_text().split().count(part)


def note(state):
    log.info("attempt %d of %s failed, waiting %.2f", state.attempt_number, state.args[0], state.next_action.sleep)


@retry(
    retry=retry_if_exception_type(Unavailable),
    wait=wait_exponential(multiplier=0.01, max=0.05),
    stop=stop_after_attempt(5),
    before_sleep=note,
    reraise=True,
)
def upload(part, fails):
    attempt = count_attempt(part)
    if attempt <= fails:
        raise Unavailable(part, attempt)
    (STORE / part).write_text(f"{part} at attempt {attempt}")
    return attempt


@retry(retry=retry_if_result(lambda ready: not ready), wait=wait_fixed(0.01) + wait_random(0, 0.01), stop=stop_after_attempt(4))
def is_complete(count):
    (STORE / f"poll{len(list(STORE.iterdir()))}").touch()
    return len(list(STORE.iterdir())) >= count


def main():
    STORE.mkdir()
    print([upload(part, fails) for part, fails in {"a": 0, "b": 2, "c": 1}.items()])
    try:
        upload("d", 9)
    except Unavailable as error:
        print("gave up:", error.part, error.attempt)
    print(upload.statistics["attempt_number"], is_complete(5))
    try:
        is_complete(99)
    except RetryError as error:
        print("never complete:", error.last_attempt.result(), error.last_attempt.attempt_number)

    for attempt in Retrying(stop=stop_after_attempt(3), wait=wait_fixed(0.01)):
        with attempt:
            number = attempt.retry_state.attempt_number
            (STORE / f"manifest{number}").write_text(str(random.random() < 1))
            if number < 2:
                raise ValueError("checksum")
    started = time.monotonic()
    slow = Retrying(stop=stop_after_delay(0.05), wait=wait_fixed(0.02), retry_error_callback=lambda state: "timed out")
    print(slow(lambda: [][0]), 0.03 < time.monotonic() - started)
    again = upload.retry_with(stop=tenacity.stop_after_attempt(1))
    try:
        again("e", 1)
    except Unavailable as error:
        print(type(error).__mro__[1].__name__, error.args)
    print(sorted(path.name for path in STORE.iterdir()), len(Path("attempts.log").read_text().split()))


main()
