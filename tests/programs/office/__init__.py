import pathlib

HERE = pathlib.Path(__file__).parent
VERSION = (HERE / "version.txt").read_text().strip()

from . import people
from .payroll import total as total_pay


def __getattr__(name):
    if name == "lazy":
        with open("lazy.txt", "a") as file:
            file.write("loaded ")
        import office.lazily

        return office.lazily
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def close():
    print(open("lazy.txt").read().split(), total_pay())
