"""A simulated shop: events in a heap, seeded random customers, decimals, results to sqlite, a histogram on stdout."""

import heapq
import random
import sqlite3
import statistics
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count


@dataclass(order=True)
class Event:
    time: float
    number: int = field(default_factory=count().__next__)
    kind: str = field(compare=False, default="arrive")
    customer: int = field(compare=False, default=0)


class Shop:
    def __init__(self, seed, path):
        self.random = random.Random(seed)
        self.db = sqlite3.connect(path)
        self.db.execute(
            "CREATE TABLE sales (customer INTEGER, minute REAL, price TEXT, waited REAL)"
        )
        self.events, self.waiting, self.free = [], {}, 2

    def at(self, time, kind, customer):
        heapq.heappush(self.events, Event(time, kind=kind, customer=customer))

    def run(self, customers):
        for customer in range(customers):
            self.at(self.random.uniform(0, 60), "arrive", customer)
        while self.events:
            event = heapq.heappop(self.events)
            getattr(self, f"on_{event.kind}")(event)
        self.db.commit()

    def on_arrive(self, event):
        self.waiting[event.customer] = event.time
        self.serve(event.time)

    def serve(self, now):
        if self.free and self.waiting:
            customer, since = min(self.waiting.items(), key=lambda item: item[1])
            del self.waiting[customer]
            self.free -= 1
            self.at(now + self.random.expovariate(1 / 4), "leave", customer)
            price = Decimal(self.random.randrange(100, 3000)) / 100
            row = (customer, round(now, 2), str(price), round(now - since, 2))
            self.db.execute("INSERT INTO sales VALUES (?, ?, ?, ?)", row)

    def on_leave(self, event):
        self.free += 1
        self.serve(event.time)

    def prices(self):
        return [
            Decimal(price)
            for (price,) in self.db.execute("SELECT price FROM sales ORDER BY customer")
        ]


shop = Shop(7, "shop.db")
shop.run(25)
prices = shop.prices()
print(len(prices), sum(prices), statistics.median(prices))
waits = [
    wait
    for (wait,) in shop.db.execute("SELECT waited FROM sales WHERE waited > 0 ORDER BY waited DESC")
]
print(len(waits), waits[:3], f"{statistics.fmean(waits or [0]):.2f}")
for low in range(0, 60, 20):
    number = shop.db.execute(
        "SELECT count(*) FROM sales WHERE minute BETWEEN ? AND ?", (low, low + 20)
    ).fetchone()[0]
    print(f"{low:>2}-{low + 20} {'#' * number}")
deck = list(range(10))
random.seed(42)
random.shuffle(deck)
with open("deck.txt", "w") as file:
    print(*deck, *random.choices("abc", k=4), random.gauss(0, 1), file=file)
print(
    deck,
    random.Random(1).sample(range(100), 3),
    random.getstate()[0],
    open("deck.txt").read().count("."),
)
shop.db.close()
