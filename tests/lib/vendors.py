"""A library that programs of the tests call."""

FLAKY = """\
import os
import time

def charge(order, failures):
    with open("ledger", "a+") as ledger:
        ledger.seek(0)
        number = sum(line.startswith(order + " ") for line in ledger)
        ledger.write(f"{order} {os.environ.get('DURABLE_IDEMPOTENCY_KEY')}\\n")
    if number < failures:
        raise ConnectionError(f"{order}: the vendor is away")
    return "a receipt"

def hang():
    open("hung", "w").close()
    time.sleep(60)
"""
"""`charge` fails as often as it is told, and notes each attempt with its idempotency key in a ledger."""
