"""A night at the gate: a client that logs in, functions and generators that a library returns, hands in a pool."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import gatehouse

lock = threading.Lock()
count = 0


def watch(hour, client):
    global count
    name = f"gate/hour{hour}"
    with open(name, "w") as file:
        file.write("all quiet\n" * hour)
    with lock:
        count += os.path.getsize(name)
        client.enter(f"hour {hour}")
    return name


os.mkdir("gate")
client = gatehouse.Client("gate")
try:
    client.enter("early")
except PermissionError as error:
    print(error)
client.login("ann")
print(client.token, client.headers)
client.login("bob")
print(client.enter("the keys are here"), client.token)

with open("gate/word", "w") as file:
    file.write("Good evening\n")
greet = gatehouse.greeter("gate/word")
write = gatehouse.writer("gate")
print(greet("bob"), callable(write))
write("first")
write("second")

for line in gatehouse.lines("gate/word", "gate/passes"):
    client.enter(line.lower())
    print(line)

with ThreadPoolExecutor(1) as pool:
    names = list(pool.map(lambda hour: watch(hour, client), (1, 2, 3)))
print(names, count, client.calls)
print(sorted(os.listdir("gate")))
print(open("gate/book").read())
