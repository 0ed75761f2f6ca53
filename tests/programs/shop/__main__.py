"""A package run with `python -m shop` or as a folder: relative imports, module-level state, logging."""

import logging

from shop.inventory import stock
from shop.inventory.prices import PRICES

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
log = logging.getLogger("shop")


def main() -> None:
    log.info("opening")
    for name in sorted(PRICES):
        stock.add(name, len(name))
    stock.save("stock.json")
    log.warning("%d kinds", len(stock.ITEMS))
    print(stock.load("stock.json"))


if __name__ == "__main__":
    main()
