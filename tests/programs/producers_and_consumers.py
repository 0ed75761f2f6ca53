"""Processes that hand work to each other through queues, with a sentinel for the end and a joinable queue of tasks."""

import multiprocessing as mp
import os
import queue


def produce(numbers, orders, log):
    for number in numbers:
        orders.put({"id": number, "price": number * 3})
        with open(log, "a") as file:
            file.write(f"order {number}\n")
    orders.put(None)


def consume(orders, totals):
    total = count = 0
    while (order := orders.get()) is not None:
        total += order["price"]
        count += 1
    totals.put((os.path.basename(__file__), count, total))


def square_tasks(tasks, results):
    while True:
        number = tasks.get()
        try:
            if number is None:
                return
            results.put((number, number**2))
        finally:
            tasks.task_done()


if __name__ == "__main__":
    orders, totals = mp.Queue(maxsize=2), mp.SimpleQueue()
    producer = mp.Process(target=produce, args=(range(6), orders, "orders.log"), name="producer")
    consumer = mp.Process(target=consume, args=(orders, totals), name="consumer")
    print(producer.is_alive(), producer.exitcode, producer.name)
    producer.start()
    consumer.start()
    print(totals.get())
    producer.join()
    consumer.join()
    print(producer.is_alive(), producer.exitcode, open("orders.log").read().split("\n"))

    tasks, results = mp.JoinableQueue(), mp.Queue()
    workers = [mp.Process(target=square_tasks, args=(tasks, results), daemon=True) for _ in range(3)]
    for worker in workers:
        worker.start()
    for number in range(7):
        tasks.put(number)
    tasks.join()
    print(sorted(results.get() for _ in range(7)))
    try:
        results.get(timeout=0.05)
    except queue.Empty:
        print("no more results")
    for _ in workers:
        tasks.put(None)
    for worker in workers:
        worker.join()
    print([worker.exitcode for worker in workers], mp.active_children())
