"""Rewrites Python source: ast visitors and transformers, compile and exec of the result, tokenize, inspect, dis."""

import ast
import dis
import inspect
import io
import sys
import tokenize
import types
from pathlib import Path

SOURCE = '''
"""Module to rewrite."""
import os
LIMIT = 2 + 3

def area(w, h=LIMIT):
    """Return it."""
    return w * h

class Box:
    def __init__(self, side): self.side = side
    @property
    def size(self): return area(self.side)

def unused(): os.mkdir("never")
'''


class Names(ast.NodeVisitor):
    def __init__(self, path):
        self.path, self.stack = path, []

    def generic_visit(self, node):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            self.stack.append(node.name)
            with open(self.path, "a") as file:
                print(".".join(self.stack), node.lineno, file=file)
            super().generic_visit(node)
            self.stack.pop()
        else:
            super().generic_visit(node)


class Trace(ast.NodeTransformer):
    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        call = ast.parse(f"note({node.name!r}, {len(node.args.args)})").body[0]
        node.body.insert(1 if ast.get_docstring(node) else 0, call)
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        match node:
            case ast.BinOp(ast.Constant(a), ast.Add(), ast.Constant(b)):
                return ast.copy_location(ast.Constant(a + b), node)
        return node


def note(name, count):
    with open("calls.txt", "a") as file:
        file.write(f"{name}/{count} ")


Path("module.py").write_text(SOURCE)
tree = ast.parse(Path("module.py").read_text(), "module.py")
Names("names.txt").visit(tree)
print(Path("names.txt").read_text().split("\n"))
changed = ast.fix_missing_locations(Trace().visit(tree))
Path("changed.py").write_text(ast.unparse(changed))
module = types.ModuleType("changed")
module.note = note
exec(compile(changed, "changed.py", "exec"), vars(module))
print(module.LIMIT, module.Box(4).size, Path("calls.txt").read_text(), module.area.__doc__)
print(Path("changed.py").read_text().splitlines()[5:9])
names = [token.string for token in tokenize.generate_tokens(io.StringIO(SOURCE).readline) if token.type == tokenize.NAME]
print(len(names), names.count("def"), names.count("area"))
with tokenize.open("module.py") as file:
    print(file.encoding, sum(1 for _ in file))
print(inspect.signature(module.area), inspect.getdoc(Names.generic_visit), inspect.getsource(note).splitlines()[0])
print([name for name, value in inspect.getmembers(module, inspect.isfunction)], inspect.isclass(module.Box))
print({i.opname for i in dis.get_instructions(lambda x: x + 1)} & {"BINARY_OP"}, sys._getframe().f_code.co_name)
print(eval(compile(ast.Expression(ast.parse("[n for n in range(3)]").body[0].value), "<e>", "eval")))
namespace = {}
exec("import os\nos.mkdir('made')\ndef listing(): return sorted(os.listdir('.'))", namespace)
print("made" in namespace["listing"](), ast.literal_eval(Path("data.txt").read_text() if Path("data.txt").exists() else "{'a': (1, 2)}"))
