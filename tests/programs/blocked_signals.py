"""Signals that a thread blocks, waits for, sends to another, or only pretends; the CPU clock of a thread."""

import _thread
import signal
import threading
import time

signal.signal(signal.SIGUSR1, lambda number, frame: print("handled", signal.Signals(number).name))
me = threading.get_ident()
signal.pthread_kill(me, signal.SIGUSR1)
signal.pthread_kill(threading.main_thread().ident, 0)
clock = time.pthread_getcpuclockid(me)
print(type(clock), time.clock_gettime(clock) >= 0, time.clock_getres(clock) > 0)

print(signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM]))
signal.raise_signal(signal.SIGUSR1)
signal.raise_signal(signal.SIGUSR2)
print(sorted(signal.sigpending()), signal.sigwait({signal.SIGUSR2}), sorted(signal.sigpending()))
print(sorted(signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])), signal.sigpending())

signal.setitimer(signal.ITIMER_REAL, 0.1)
print(signal.sigwaitinfo([signal.SIGALRM]).si_signo == signal.SIGALRM, signal.sigtimedwait([signal.SIGALRM], 0.01))


def answer():
    print("waiting", signal.sigwait([signal.SIGUSR2]).name)


waiter = threading.Thread(target=answer)
waiter.start()
time.sleep(0.05)
signal.pthread_kill(waiter.ident, signal.SIGUSR2)
waiter.join()

watchdog = threading.Thread(target=lambda: (time.sleep(0.05), _thread.interrupt_main()))
try:
    watchdog.start()
    watchdog.join()
    time.sleep(0.2)
except KeyboardInterrupt:
    print("interrupted")
last = threading.Thread(target=_thread.interrupt_main)
try:
    last.start()
    last.join()
    print("never said")
except KeyboardInterrupt:
    print("at once")
