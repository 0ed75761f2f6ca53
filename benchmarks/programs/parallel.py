"""COUNT lines to the file LEDGER, all at once."""

import sys
from concurrent.futures import ThreadPoolExecutor

import ledger

count = int(sys.argv[1])


def append(number: int) -> None:
    ledger.append(sys.argv[2], str(number))


with ThreadPoolExecutor(max_workers=count) as pool:
    list(pool.map(append, range(count)))
