"""Library calls that print, warn and complain: on the streams and through the filters that the program has just then."""

import contextlib
import io
import linecache
import py_compile
import tabnanny
import warnings
from importlib import resources
from pathlib import Path


def describe(caught):
    return [
        (one.category.__name__, Path(one.filename).name, linecache.getline(one.filename, one.lineno)) for one in caught
    ]


Path("neat.py").write_text("if True:\n    print('neat')\n")
Path("mixed.py").write_text("if True:\n        if 1:\n\tprint('tab')\n")
Path("broken.py").write_text("def broken(:\n")

print("before")
tabnanny.check("mixed.py")
print("between")
heard = io.StringIO()
with contextlib.redirect_stdout(heard):
    print("to the buffer")
    tabnanny.check("mixed.py")
print(heard.getvalue().splitlines())
print(py_compile.compile("broken.py"))

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for _ in range(2):
        resources.open_text("email", "__init__.py").close()
    print(describe(caught))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("default")
    for _ in range(3):
        open("neat.py", "rb", buffering=1).close()
    print(describe(caught))
for _ in range(2):
    resources.is_resource("email", "nothing")
