"""An alarm clock of signals: alarm and setitimer, handlers that write, waits that are interrupted, sigwait, os.kill to itself."""

import os
import signal
import time
from pathlib import Path

LOG = Path("rings.log")


def ring(number, frame):
    with LOG.open("a") as log:
        where = "the mask" if number == signal.SIGUSR2 else frame.f_code.co_name
        log.write(f"{signal.Signals(number).name} in {where}\n")


class Snooze(Exception):
    pass


def snooze(number, frame):
    raise Snooze(signal.strsignal(number))


def nap(seconds):
    """Sleeps; a handler that returns does not shorten it, one that raises does."""
    started = time.monotonic()
    try:
        time.sleep(seconds)
    except Snooze as reason:
        return f"woken by {reason} early: {time.monotonic() - started < seconds}"
    return f"slept on: {time.monotonic() - started >= seconds}"


def tick(number, frame):
    with open("ticks", "a") as file:
        file.write(".")
    if Path("ticks").stat().st_size == 3:
        signal.setitimer(signal.ITIMER_REAL, 0)


def main():
    print(signal.signal(signal.SIGALRM, ring) is signal.SIG_DFL, signal.alarm(0))
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    print(nap(0.05), LOG.read_text().strip())

    signal.signal(signal.SIGALRM, snooze)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    print(nap(30))
    signal.alarm(60)
    print("set again:", 58 <= signal.alarm(30) <= 60, 28 <= signal.alarm(0) <= 30)

    signal.signal(signal.SIGALRM, tick)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    while not (Path("ticks").exists() and Path("ticks").stat().st_size >= 3):
        time.sleep(0.004)
    print("ticked", Path("ticks").read_text(), signal.getitimer(signal.ITIMER_REAL))

    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP):
        signal.signal(number, ring)
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGHUP)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGTERM})
    os.kill(os.getpid(), signal.SIGUSR2)
    os.kill(os.getpid(), signal.SIGTERM)
    print("pending", sorted(signal.Signals(number).name for number in signal.sigpending()))
    print("waited for", signal.sigwait({signal.SIGTERM}).name, signal.sigtimedwait({signal.SIGTERM}, 0.01))
    signal.pthread_sigmask(signal.SIG_SETMASK, before)
    print(LOG.read_text())
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.signal(signal.SIGINT, snooze)
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except Snooze as reason:
        print("not ended by", reason, signal.getsignal(signal.SIGUSR1).name)


main()
