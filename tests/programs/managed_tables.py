"""A manager's dictionary, list, namespace and own class, changed by several processes."""

import multiprocessing
from multiprocessing.managers import BaseManager


class Ledger:
    def __init__(self, owner):
        self.owner = owner
        self.entries = []

    def add(self, amount):
        if amount < 0:
            raise ValueError(f"negative: {amount}")
        self.entries.append(amount)
        return len(self.entries)

    def balance(self):
        return sum(self.entries)


class LedgerManager(BaseManager):
    pass


LedgerManager.register("Ledger", Ledger)


def tally(words, table, seen, lock):
    for word in words:
        with lock:
            table[word] = table.get(word, 0) + 1
        seen.append(word)


def pay(ledger, amounts):
    for amount in amounts:
        ledger.add(amount)


def main():
    with multiprocessing.Manager() as manager:
        table, seen, lock, state = manager.dict(), manager.list(), manager.Lock(), manager.Namespace()
        state.title = "words"
        texts = ["a b a".split(), "b c".split()]
        workers = [multiprocessing.Process(target=tally, args=(text, table, seen, lock)) for text in texts]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        print(state.title, dict(sorted(table.items())), sorted(seen), len(seen))
        queue = manager.Queue()
        queue.put("left")
        print(queue.get(), queue.empty())
        try:
            table["missing"]
        except KeyError as error:
            print("no", error)
    with LedgerManager() as manager:
        ledger = manager.Ledger("Ann")
        payers = [multiprocessing.Process(target=pay, args=(ledger, [n, n + 1])) for n in (1, 10)]
        for payer in payers:
            payer.start()
        for payer in payers:
            payer.join()
        print(ledger.balance())
        try:
            ledger.add(-5)
        except ValueError as error:
            print(error)


if __name__ == "__main__":
    main()
