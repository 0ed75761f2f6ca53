"""Reads a shaky sensor with tenacity: chained waits, combined stops and conditions, hooks, statistics, a decorated method."""

import logging
import sys
import time
from pathlib import Path

import tenacity as t

LOG = Path("sensor.log")
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout, format="%(levelname)s %(message)s")


class Noise(Exception):
    pass


class Sensor:
    """Its readings stand in a file; a reading is used up when it is taken."""

    def __init__(self, readings):
        self.path = Path("readings")
        self.path.write_text("\n".join(readings))

    def take(self):
        first, _, rest = self.path.read_text().partition("\n")
        self.path.write_text(rest)
        with LOG.open("a") as log:
            log.write(f"took {first!r}\n")
        if first == "noise":
            raise Noise(first)
        return float(first) if first else None

    @t.retry(
        wait=t.wait_chain(t.wait_fixed(0.005), t.wait_fixed(0.01), t.wait_exponential(0.01, max=0.03)),
        stop=t.stop_after_attempt(6) | t.stop_after_delay(30),
        retry=t.retry_if_exception_type(Noise) | t.retry_if_result(lambda value: value is not None and value < 0),
        before=lambda state: state.args[0].note("before", state),
        after=lambda state: state.args[0].note("after", state),
    )
    def read(self):
        return self.take()

    def note(self, when, state):
        with LOG.open("a") as log:
            log.write(f"{when} {state.attempt_number}\n")


def give_up(state):
    Path("given_up").write_text(str(state.attempt_number))
    return "nothing"


@t.retry(stop=t.stop_after_attempt(2), wait=t.wait_none(), retry_error_callback=give_up)
def hopeless():
    raise Noise("always")


@t.retry(
    stop=t.stop_after_attempt(4),
    wait=t.wait_incrementing(0.002, 0.002),
    before_sleep=t.before_sleep_log(logging.getLogger(), logging.INFO),
    retry=t.retry_if_exception_message(match="locked|busy"),
)
def move(names):
    source, target = Path(names[0]), Path(names[1])
    if target.exists():
        target.unlink()
        raise OSError("busy: target was there")
    if not source.exists():
        raise FileNotFoundError(names[0])
    source.rename(target)
    return target.read_text()


def main():
    sensor = Sensor(["noise", "-1", "-2", "21.5", "noise", "22", ""])
    print(sensor.read(), sensor.read.statistics["attempt_number"], sensor.read.statistics["idle_for"])
    print([sensor.read() for _ in range(2)])
    print(LOG.read_text().split("\n"))
    print(hopeless(), Path("given_up").read_text())
    Path("old").write_text("worth keeping")
    Path("new").write_text("in the way")
    print(move(["old", "new"]))
    try:
        move(["old", "newer"])
    except FileNotFoundError as error:
        print("not retried:", error)
    started = time.monotonic()
    for attempt in t.Retrying(stop=t.stop_after_attempt(3), wait=t.wait_fixed(0.02), reraise=True):
        with attempt:
            Path(f"try{attempt.retry_state.attempt_number}").touch()
            if attempt.retry_state.attempt_number < 3:
                raise t.TryAgain
    print(time.monotonic() - started > 0.035, sorted(path.name for path in Path(".").glob("try*")))
    with_sleep = hopeless.retry_with(sleep=lambda seconds: Path("slept").touch(), wait=t.wait_fixed(3), stop=t.stop_after_attempt(3))
    print(with_sleep(), Path("slept").exists())


main()
