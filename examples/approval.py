"""Ask for an approval and escalate when nobody answers in time.

APPROVAL_SECONDS is the deadline (3600).
"""

import os
import sys
from concurrent.futures import Future
from threading import Thread
from typing import TextIO

SECONDS = float(os.environ.get("APPROVAL_SECONDS", "3600"))


def ask(question: str, answer: "Future[str]", keyboard: TextIO) -> None:
    """Put the answer into `answer`. Holding `keyboard` keeps Python from closing it under a reader when it exits."""
    answer.set_result(input(question))


def main() -> int:
    print("invoice 4711: 1,250.00 to Analytical Engines Ltd")
    answer: Future[str] = Future()
    Thread(target=ask, args=("pay it? [yes/no] ", answer, sys.stdin), daemon=True).start()
    try:
        approved = answer.result(timeout=SECONDS).strip().lower() in ("y", "yes")
    except TimeoutError:
        print("\nno answer in time: handed to the head of accounting")
        return 2
    print("paid" if approved else "not paid")
    return 0 if approved else 1


if __name__ == "__main__":
    sys.exit(main())
