"""The golden cases: each Markdown file is a program, its steps, its diagnostics and what is generated for it.

`UPDATE_CASES=1 pytest tests/transpiler/test_cases.py` writes down what the compiler does now; read the diff.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from durable.transpiler.ir.bundle import Bundle
from durable.transpiler.pipeline import CompileOptions, compile_program

CASES = sorted((Path(__file__).parent.parent / "cases").glob("*.md"))
LIBRARIES = "site-packages"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_case(
    case: Path, cases: Mapping[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path / LIBRARIES))  # a library of the case stands in for an installed one
    document = case.read_text(encoding="utf-8")
    files = cases[case]
    bundle = compile_files(files, tmp_path)
    if os.environ.get("UPDATE_CASES"):
        case.write_text(rendered(document, files, bundle), encoding="utf-8")
        return
    assert rendered(document, files, bundle) == document


def compile_files(files: dict[str, str], folder: Path) -> Bundle:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    script = next(name for name in files if not name.startswith(LIBRARIES))
    bundle = compile_program(folder / script, CompileOptions(resolver="static"))
    for module in bundle.modules:
        ast.parse(module.generated)
        for generated, original, length in module.segments:
            assert module.generated[generated : generated + length] == module.source[original : original + length]
    return bundle


def rendered(document: str, files: dict[str, str], bundle: Bundle) -> str:
    """The document with its results as the compiler gives them now."""
    head = document.partition("\n## ")[0].rstrip()
    sources = [f"## {name}\n\n```{language(name)}\n{text}```" for name, text in files.items()]
    return "\n\n".join([head, *sources, *results(bundle)]) + "\n"


def language(name: str) -> str:
    return {"py": "python", "toml": "toml"}.get(name.rpartition(".")[2], "")


def results(bundle: Bundle) -> list[str]:
    steps = "".join(
        f"{step['line']}:{step['column']} {step['name']}: {step['effect']}{policy(step['policy'])}\n"
        for step in bundle.manifest["steps"]
    )
    found = [f"## Steps\n\n```\n{steps}```"]
    if bundle.manifest["diagnostics"]:
        places = [f"{one['file']}:{one['line']}:{one['column']}: " for one in bundle.manifest["diagnostics"]]
        lines = [
            f"{place}{one['severity']} {one['code']} [{one['name']}] {one['message']}\n"
            for place, one in zip(places, bundle.manifest["diagnostics"], strict=True)
        ]
        found.append(f"## Diagnostics\n\n```\n{''.join(lines)}```")
    for module in bundle.modules:
        title = "Generated" if module.name == "__main__" else f"Generated {module.name}"
        found.append(f"## {title}\n\n```python\n{module.generated}```")
    return found


def policy(options: dict[str, int | float | str]) -> str:
    return "".join(f", {key}={value}" for key, value in options.items())
