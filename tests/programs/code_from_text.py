"""Runs formulas and small scripts that come from files: eval, exec, compile, globals() by name."""

import ast
import os
from pathlib import Path

Path("formulas.txt").write_text("area = width * height\nlabel = name.upper() + '!'\nsize = os.path.getsize('formulas.txt')\n")
Path("job.py").write_text(
    "import os\n"
    "def save(name, text):\n"
    "    with open(name, 'w') as file:\n"
    "        return file.write(text)\n"
    "written = [save(f'part{n}.txt', 'x' * n) for n in range(LIMIT)]\n"
    "made = os.path.exists('part1.txt')\n"
)
values = {"width": 3, "height": 4, "name": "box", "os": os}
for line in open("formulas.txt"):
    name, formula = line.split(" = ", 1)
    values[name] = eval(formula.strip(), {"__builtins__": {"len": len}}, values)
print({key: value for key, value in values.items() if key != "os"})

space = {"LIMIT": 3}
exec(compile(Path("job.py").read_text(), "job.py", "exec"), space)
print(space["written"], space["made"], space["save"]("again.txt", "four"), sorted(os.listdir()))

tree = ast.parse("open('again.txt').read() + 'ty'", mode="eval")
print(eval(compile(tree, "<tree>", "eval")))
exec("counter = len(os.listdir('.'))\nos.rename('again.txt', 'moved.txt')")
print(globals()["counter"], os.path.exists("moved.txt"))


def add(number):
    Path(f"added{number}").touch()
    return number


def local():
    inner = 7
    print(eval("add(inner) + 1"), sorted(locals()))
    exec("print(inner, os.path.exists('added7'))")


local()
actions = {name: value for name, value in globals().copy().items() if name == "add"}
print(actions["add"](1), globals()["add"](2), vars(os.path)["exists"]("added2"), __builtins__.len("abc"))
globals()["late"] = lambda: os.path.isfile("added1")
print(late())
try:
    exec(compile("import json\n\ndef fail():\n    return json.load(open('formulas.txt'))\nfail()", "bad.py", "exec"), {})
except ValueError as error:
    trace = error.__traceback__
    while trace.tb_next and trace.tb_frame.f_code.co_filename != "bad.py":
        trace = trace.tb_next
    print(type(error).__name__, trace.tb_frame.f_code.co_filename, trace.tb_lineno)
