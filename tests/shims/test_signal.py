import atexit
import os
import signal
import time

import pytest

from durable.runner import context
from durable.runner.engines.memory import play
from durable.stdlib_shims.atexit import run_exit_callbacks
from durable.stdlib_shims.signal import handled


def test_handlers_are_the_runs(replayed):
    def program():
        seen = []
        before = signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(number))
        signal.raise_signal(signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGUSR1)
        return before, seen, callable(signal.getsignal(signal.SIGUSR1)), sorted(handled(context.current()))

    assert replayed(program).value == (signal.SIG_DFL, [10, 10], True, ["SIGUSR1"])
    assert signal.getsignal(signal.SIGUSR1) == signal.SIG_DFL


def test_an_alarm_interrupts_the_main_strand(replayed):
    class TooLong(Exception):
        pass

    def late(number, frame):
        raise TooLong(number)

    def program():
        signal.signal(signal.SIGALRM, late)
        signal.alarm(5)
        try:
            time.sleep(100)
        except TooLong as error:
            return error.args, signal.alarm(0)

    assert replayed(program).value == ((signal.SIGALRM,), 0)


def test_a_cancelled_alarm_is_silent(replayed):
    def program():
        signal.signal(signal.SIGALRM, lambda *_: pytest.fail("rang"))
        signal.alarm(5)
        signal.alarm(0)
        time.sleep(100)
        return "done"

    assert replayed(program).value == "done"


def test_pause_waits_for_a_signal(replayed):
    def program():
        seen = []
        signal.signal(signal.SIGALRM, lambda number, frame: seen.append(number))
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        signal.pause()
        return seen

    assert replayed(program).value == [signal.SIGALRM]


@pytest.mark.parametrize(
    ("number", "handler", "error"),
    [(signal.SIGKILL, signal.SIG_IGN, OSError), (999, signal.SIG_IGN, ValueError), (signal.SIGTERM, "x", TypeError)],
)
def test_wrong_use(number, handler, error):
    assert isinstance(play(lambda: signal.signal(number, handler)).error, error)


def test_exit_callbacks_run_last_first(replayed):
    def program():
        seen = []

        @atexit.register
        def first():
            seen.append("first")

        atexit.register(seen.append, "second")
        atexit.register(lambda: 1 / 0)
        atexit.register(print, "never")
        atexit.unregister(print)
        run_exit_callbacks(context.current())
        run_exit_callbacks(context.current())
        return seen

    assert replayed(program).value == ["second", "first"]
