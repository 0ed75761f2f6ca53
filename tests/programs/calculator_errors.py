"""A calculator that reads expressions from a file: recursive descent, exceptions with causes, groups, else and finally."""

import operator
import re
from pathlib import Path

TOKEN = re.compile(r"\s*(?:(\d+\.?\d*)|(.))")
LEVELS = ({"+": operator.add, "-": operator.sub}, {"*": operator.mul, "/": operator.truediv}, {"^": operator.pow})


class ParseError(Exception):
    def __init__(self, message, position):
        super().__init__(message)
        self.position = position

    def __str__(self):
        return f"{self.args[0]} at {self.position}"


class Parser:
    def __init__(self, text, variables):
        self.tokens = [(m.group(1) or m.group(2), m.start()) for m in TOKEN.finditer(text) if m.group().strip()]
        self.index, self.variables = 0, variables

    def peek(self):
        return self.tokens[self.index][0] if self.index < len(self.tokens) else None

    def next(self):
        token = self.peek()
        self.index += 1
        return token

    def expression(self, level=0):
        if level == len(LEVELS):
            return self.atom()
        value = self.expression(level + 1)
        while (token := self.peek()) in LEVELS[level]:
            self.next()
            value = LEVELS[level][token](value, self.expression(level + 1))
        return value

    def atom(self):
        match self.next():
            case "(":
                value = self.expression()
                if self.next() != ")":
                    raise ParseError("missing )", self.index)
                return value
            case "-":
                return -self.atom()
            case None:
                raise ParseError("unexpected end", self.index)
            case token if token[0].isdigit():
                return float(token) if "." in token else int(token)
            case token if token.isalpha():
                try:
                    return self.variables(token)
                except FileNotFoundError as error:
                    raise ParseError(f"no variable {token}", self.index) from error
            case token:
                raise ParseError(f"unexpected {token!r}", self.index)


def variable(name):
    return int(Path("vars", name).read_text())


def evaluate(path):
    errors = []
    with open(path) as file, open(f"{path}.out", "w") as out:
        for number, line in enumerate(file, 1):
            try:
                parser = Parser(line, variable)
                value = parser.expression()
                if parser.peek() is not None:
                    raise ParseError(f"left over {parser.peek()!r}", parser.index)
            except (ParseError, ArithmeticError, ValueError) as error:
                error.add_note(f"line {number}: {line.strip()}")
                errors.append(error)
            else:
                print(value, file=out)
            finally:
                out.flush()
    if errors:
        raise ExceptionGroup(f"{len(errors)} lines of {path}", errors)
    return number


Path("vars").mkdir()
Path("vars/x").write_text("7")
Path("vars/y").write_text("seven")
Path("good").write_text("1 + 2 * 3\n(x - 1) ^ 2 / 4\n-x + 2 ^ 3 ^ 1\n")
Path("bad").write_text("1 +\n2 / (x - 7)\nz * 2\ny\n4 4\n(1\n10 - 2.5\n#\n")
for name in "good", "bad", "missing":
    try:
        print(name, evaluate(name))
    except* ParseError as group:
        for error in group.exceptions:
            print("parse:", error, error.__notes__, type(error.__cause__).__name__)
    except* ArithmeticError as group:
        print("arithmetic:", [str(error) for error in group.exceptions])
    except* (OSError, ValueError) as group:
        print("other:", [type(error).__name__ for error in group.exceptions], group.message)
    else:
        print("all fine")
    finally:
        print(Path(f"{name}.out").read_text().split() if Path(f"{name}.out").exists() else "nothing")
