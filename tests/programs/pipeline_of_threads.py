"""A pipeline of threads joined by queues: read, transform, write, with context variables and an orderly end."""

import contextvars
import queue
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

END = object()
owner = contextvars.ContextVar("owner", default="nobody")


def stage(function, source, target):
    def work():
        while (item := source.get()) is not END:
            try:
                for result in function(item):
                    target.put(result)
            except OSError as error:
                failures.append((item, error.strerror))
        target.put(END)

    thread = threading.Thread(target=work, name=function.__name__)
    thread.start()
    return thread


def read(name):
    for line in Path(name).read_text().splitlines():
        yield name, line


def clean(item):
    name, line = item
    if line.strip():
        yield name, line.strip().title()


def save(item):
    name, line = item
    with open(f"{Path(name).stem}.clean", "a") as file:
        file.write(line + "\n")
    yield len(line)


failures = []
Path("a.raw").write_text("ann lee\n\n bo fay \n")
Path("b.raw").write_text("cy dow\n")
names, lines, cleaned, sizes = (queue.Queue(maxsize=2) for _ in range(4))
threads = [stage(read, names, lines), stage(clean, lines, cleaned), stage(save, cleaned, sizes)]
for name in ("a.raw", "none.raw", "b.raw"):
    names.put(name)
names.put(END)
print(list(iter(sizes.get, END)), failures)
for thread in threads:
    thread.join()
print({p.name: p.read_text() for p in sorted(Path(".").glob("*.clean"))}, [t.name for t in threads])


def whose(name):
    Path(f"{name}.owner").write_text(owner.get())
    return owner.get()


owner.set("main")
context = contextvars.copy_context()
with ThreadPoolExecutor(2) as pool:
    print(list(pool.map(whose, "ab")), pool.submit(context.run, whose, "c").result())
token = owner.set("later")
print(context[owner], owner.get(), context.run(whose, "d"))
owner.reset(token)
print(owner.get(), sorted(p.read_text() for p in Path(".").glob("?.owner")))
