"""`python -m durable.transpiler SCRIPT [-o DIR]`: the generated program, for looking at."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from durable.transpiler.errors import ProgramError
from durable.transpiler.pipeline import CompileOptions, compile_program


def main() -> int:
    """Writes the bundle to DIR, or prints its modules; 3 if the program is refused."""
    parser = argparse.ArgumentParser(prog="python -m durable.transpiler")
    parser.add_argument("script", type=Path)
    parser.add_argument("-m", "--module", action="store_true", help="the script is a dotted module name")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--resolver", choices=("auto", "ty", "static"), default="auto")
    given = parser.parse_args()
    try:
        bundle = compile_program(given.script, CompileOptions(module_mode=given.module, resolver=given.resolver))
    except ProgramError as error:
        print(f"durable: {error}", file=sys.stderr)
        return 3
    if given.output is not None:
        bundle.write(given.output)
    else:
        for module in bundle.modules:
            print(f"# --- {module.name}\n{module.generated}", end="")
    for record in bundle.manifest["diagnostics"]:
        place = f"{record['file']}:{record['line']}:{record['column']}"
        print(f"durable: {place}: {record['severity']}[{record['name']}] {record['message']}", file=sys.stderr)
    return 3 if any(record["severity"] == "error" for record in bundle.manifest["diagnostics"]) else 0


if __name__ == "__main__":
    sys.exit(main())
