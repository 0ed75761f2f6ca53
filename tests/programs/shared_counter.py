"""Processes that count together: a shared value with its lock, an array, an event, a barrier and a condition."""

import multiprocessing
import time


def count(total, per_worker, index, start):
    start.wait()
    for _ in range(5):
        with total.get_lock():
            total.value += 1
        per_worker[index] += index
        time.sleep(0.001)


def meet(barrier, places, index):
    barrier.wait()
    with places.get_lock():
        places[index] = index * index
    barrier.wait()


def announce(condition, ready):
    with condition:
        ready.value = True
        condition.notify_all()


def enter(door, inside, most):
    with door:
        with inside.get_lock():
            inside.value += 1
            most.value = max(most.value, inside.value)
        time.sleep(0.01)
        with inside.get_lock():
            inside.value -= 1


def main():
    total, per_worker = multiprocessing.Value("i", 0), multiprocessing.Array("d", 3)
    start = multiprocessing.Event()
    workers = [multiprocessing.Process(target=count, args=(total, per_worker, i, start)) for i in range(3)]
    for worker in workers:
        worker.start()
    print("before:", total.value, start.is_set())
    start.set()
    for worker in workers:
        worker.join()
    print("after:", total.value, list(per_worker))

    barrier, places = multiprocessing.Barrier(3), multiprocessing.Array("i", [9, 9, 9])
    workers = [multiprocessing.Process(target=meet, args=(barrier, places, i)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(places[:], barrier.parties)

    condition, ready = multiprocessing.Condition(), multiprocessing.Value("b", False)
    with condition:
        teller = multiprocessing.Process(target=announce, args=(condition, ready))
        teller.start()
        print(condition.wait_for(lambda: ready.value, timeout=10))
    teller.join()

    door = multiprocessing.Semaphore(2)
    inside, most = multiprocessing.Value("i", 0), multiprocessing.Value("i", 0)
    guests = [multiprocessing.Process(target=enter, args=(door, inside, most)) for _ in range(5)]
    for guest in guests:
        guest.start()
    for guest in guests:
        guest.join()
    print(inside.value, most.value <= 2, [guest.exitcode for guest in guests])

    lock = multiprocessing.RLock()
    with lock, lock:
        print(lock.acquire(timeout=0.1))
        lock.release()


if __name__ == "__main__":
    main()
