import re
import sys
from functools import cache
from importlib import resources
from pathlib import Path


@cache
def common():
    return set(resources.files(__package__).joinpath("data/common.txt").read_text().split())


def read(name):
    text = sys.stdin.read() if name == "-" else Path(name).read_text()
    return [word for word in re.findall(r"\w+", text.lower()) if word not in common()]
