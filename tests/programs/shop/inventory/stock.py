import json

from . import prices

ITEMS: dict[str, int] = {}


def add(name: str, count: int) -> None:
    ITEMS[name] = ITEMS.get(name, 0) + count * prices.PRICES[name]


def save(path: str) -> None:
    with open(path, "w") as file:
        json.dump(ITEMS, file)


def load(path: str) -> dict[str, int]:
    with open(path) as file:
        return json.load(file)
