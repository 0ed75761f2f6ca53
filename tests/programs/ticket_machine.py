"""A ticket machine as generators of states: class patterns, dataclass matching, walrus, star-expressions, assert, del."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

PRICES = json.loads((Path("prices.json").write_text('{"child": 2, "adult": 4}'), Path("prices.json").read_text())[1])


@dataclass(frozen=True)
class Coin:
    value: int
    __match_args__ = ("value",)


@dataclass
class Press:
    button: str
    times: int = 1


@dataclass
class Machine:
    log: Path
    coins: list[Coin] = field(default_factory=list)
    sold: dict[str, int] = field(default_factory=lambda: {kind: 0 for kind in PRICES})

    def note(self, *words):
        with self.log.open("a") as file:
            print(*words, sep="|", file=file)
        return len(words)

    @property
    def paid(self):
        return sum(coin.value for coin in self.coins)

    def idle(self):
        match (yield "insert coins"):
            case Coin(1 | 2 as value) as coin if self.log.stat().st_size < 200:
                self.coins.append(coin)
                self.note("coin", value)
                return self.paying
            case Coin(value):
                return self.note("refused", value) and self.idle
            case Press("off"):
                return None
            case _:
                return self.idle

    def paying(self):
        match (yield f"{self.paid} paid"):
            case Coin() as coin:
                self.coins += [coin]
            case Press(button="cancel"):
                first, *rest = self.coins
                self.note("back", first.value, *[coin.value for coin in rest])
                del self.coins[:]
                return self.idle
            case Press(button, times) if button in PRICES and (due := PRICES[button] * times) <= self.paid:
                change = self.paid - due
                self.sold[button] += times
                self.coins.clear()
                self.note("sold", button, times, "change", change)
                Path(f"ticket{sum(self.sold.values())}").write_text(button)
                return self.idle
            case Press(button) if not (known := button in PRICES):
                self.note("unknown", button, known)
        return self.paying

    def run(self, events):
        state = self.idle
        for event in events:
            generator = state()
            print(next(generator), end=" -> ")
            try:
                generator.send(event)
            except StopIteration as end:
                state = end.value
            print(state and state.__name__)
            if state is None:
                break
        else:
            print("still on")


machine = Machine(Path("machine.log"))
machine.log.touch()
pressed = Press("child")
machine.run([Coin(5), pressed, Coin(1), pressed, Coin(2), pressed, Coin(2), Coin(2), Press("adult", 2), Press("cancel")])
machine.run([Coin(2), Coin(2), Press("dog"), Press("adult"), Press("off"), Coin(1)])
assert (total := sum(machine.sold.values())) == len(list(Path().glob("ticket?"))), total
print(machine.sold, *machine.log.read_text().split("\n"), sep="\n")
