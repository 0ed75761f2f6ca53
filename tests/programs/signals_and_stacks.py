"""Signals, alarms, contextlib suppress/redirect/closing, ExitStack callbacks, sys.excepthook, faulthandler off, tracebacks."""
import contextlib, io, os, signal, sys, time, traceback, threading
from pathlib import Path
class Alarm(Exception): pass
def on_alarm(signum, frame):
    raise Alarm(signal.Signals(signum).name)
signal.signal(signal.SIGALRM, on_alarm)
try:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    time.sleep(5)
except Alarm as e:
    print("alarm", e)
got = []
signal.signal(signal.SIGUSR1, lambda s, f: got.append(s))
os.kill(os.getpid(), signal.SIGUSR1)
time.sleep(0.01)
print(got == [signal.SIGUSR1])
with contextlib.ExitStack() as stack:
    stack.callback(Path("a.txt").write_text, "callback")
    f = stack.enter_context(open("b.txt", "w"))
    stack.push(lambda *exc: print("exc", exc[0]) or True)
    out = stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
    print("hidden")
    f.write("b")
    raise RuntimeError("swallowed")
print(out.getvalue().split(), Path("a.txt").read_text(), Path("b.txt").read_text())
with contextlib.suppress(FileNotFoundError):
    os.remove("nope")
def hook(t, v, tb):
    print("hook:", t.__name__, v, traceback.extract_tb(tb)[-1].name)
    Path("crash.log").write_text("".join(traceback.format_exception_only(t, v)))
sys.excepthook = hook
def fail():
    raise LookupError("final")
fail()
