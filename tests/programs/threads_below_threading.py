"""Threads through the names that other modules than `threading` have for them, and through fresh copies of modules."""

import _thread
import functools
import gc
import importlib
import sys
import threading
import time
import weakref


class Price:
    """A value that two threads ask for at the same time."""

    computed = 0

    @functools.cached_property
    def net(self):
        time.sleep(0.02)
        self.computed += 1
        return 42


def in_threads(count, work):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def shares_nothing():
    own = _thread._local()
    own.name = "main"
    seen = []

    def look(number):
        seen.append(hasattr(own, "name"))
        own.name = number

    in_threads(2, look)
    return own.name, seen


def computes_once():
    price = Price()
    in_threads(3, lambda number: price.net)
    return price.computed, price.net


def excludes():
    lock, order = _thread.allocate_lock(), []

    def enter(number):
        with lock:
            order.append(number)
            time.sleep(0.01)
            order.append(number)

    in_threads(3, enter)
    return [first == second for first, second in zip(order[::2], order[1::2], strict=True)]


def fresh_copy(name):
    kept = {each: sys.modules.pop(each) for each in [name, f"_{name}"] if each in sys.modules}
    try:
        return importlib.import_module(name)
    finally:
        sys.modules.update(kept)


def waits_for_a_fresh_queue():
    orders = fresh_copy("queue").SimpleQueue()
    got = []
    in_threads(1, lambda number: threading.Timer(0.02, orders.put, ["order"]).start())
    got.append(orders.get())
    return got


def draws_from_a_fresh_generator():
    return 0 <= fresh_copy("random").Random().random() < 1


def is_collected():
    class Owner:
        pass

    owner = Owner()
    owner.local = threading.local()
    owner.local.owner = owner
    gone = weakref.ref(owner)
    del owner
    gc.collect()
    return gone() is None


print(shares_nothing())
print(computes_once())
print(excludes())
print(isinstance(_thread.RLock(), _thread.RLock), isinstance(threading.RLock(), _thread.RLock))
print(waits_for_a_fresh_queue(), draws_from_a_fresh_generator(), is_collected())
print(importlib.reload(sys.modules["random"]).Random(7).random())
