from pathlib import Path

import host

from . import __path__ as where


def run():
    text = Path(where[0]).parent.joinpath("greeting.txt").read_text()
    return f"{text.strip()} from {__name__}, call {len(host.calls)}"
