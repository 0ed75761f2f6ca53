"""COUNT threads which each run three programs of random length; prints what was done in the order in which it was."""

import queue
import random
import subprocess
import sys
import threading

count = int(sys.argv[1])
done: queue.Queue[str] = queue.Queue()


def work(number: int) -> None:
    for turn in range(3):
        subprocess.run(["sleep", str(random.uniform(0.0, 0.05))], check=True)
        done.put(f"{number}.{turn}")


threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
for thread in threads:
    thread.start()
for _ in range(3 * count):
    print(done.get())
for thread in threads:
    thread.join()
