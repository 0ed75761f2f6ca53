"""Reports by Jinja2: filters, tests and globals that touch files, a loader of one's own, macros, includes, async rendering."""

import asyncio
import time
from pathlib import Path

import jinja2
from jinja2 import Environment, FunctionLoader, StrictUndefined, pass_context, pass_environment

FILES = {
    "base": "# {% block title %}{% endblock %}\n{% block body %}{% endblock %}-- {{ signature() }}",
    "sales": (
        "{% extends 'base' %}{% block title %}Sales {{ quarter }}{% endblock %}{% block body %}"
        "{% for name in names if name is on_file %}{{ name | amount | money }} {{ name }}\n"
        "{% else %}nothing\n{% endfor %}{% include ['missing', 'footer'] %}{% endblock %}"
    ),
    "footer": "{% macro line(n) %}{{ '=' * n }}{% endmacro %}{{ line(5) }}{{ log('footer') }}\n",
    "slow": "{% for part in parts() %}[{{ part }}]{% endfor %}{{ fetch('total') }}",
}


def load(name):
    """Template text from a file; it is current while the file's time stays the same."""
    path = Path("templates", name)
    if not path.exists():
        return None
    with open("loaded.log", "a") as log:
        log.write(name + "\n")
    changed = path.stat().st_mtime_ns
    return path.read_text(), str(path), lambda: path.stat().st_mtime_ns == changed


def amount(name):
    return int(Path("sales", name).read_text())


@pass_environment
def money(environment, value, currency="EUR"):
    return environment.from_string("{{ '%.2f' | format(v) }} {{ c }}").render(v=value / 100, c=currency)


@pass_context
def signature(context):
    path = Path("signatures")
    with path.open("a") as file:
        file.write(f"{context['quarter']} ")
    return f"signed {len(path.read_text().split())}"


def log(text):
    with open("loaded.log", "a") as file:
        file.write(f"log {text}\n")
    return ""


async def parts():
    for number in range(3):
        await asyncio.sleep(0.005)
        Path(f"part{number}").touch()
        yield number


async def fetch(name):
    await asyncio.sleep(0.005)
    return await asyncio.to_thread(lambda: Path("sales", "tea").read_text())


def make(**options):
    environment = Environment(loader=FunctionLoader(load), undefined=StrictUndefined, keep_trailing_newline=True, **options)
    environment.filters |= {"amount": amount, "money": money}
    environment.tests["on_file"] = lambda name: Path("sales", name).exists()
    environment.globals |= {"signature": signature, "log": log, "parts": parts, "fetch": fetch}
    return environment


def main():
    for folder in "templates", "sales":
        Path(folder).mkdir()
    for name, text in FILES.items():
        Path("templates", name).write_text(text)
    for name, cents in {"tea": 1250, "cake": 99}.items():
        Path("sales", name).write_text(str(cents))
    environment = make()
    template = environment.get_template("sales")
    print(template.render(quarter="Q1", names=["tea", "ham", "cake"]))
    time.sleep(0.02)
    Path("templates/sales").write_text("{% extends 'base' %}{% block body %}changed {{ quarter }}\n{% endblock %}")
    print(environment.get_template("sales").render(quarter="Q2"))
    template.stream(quarter="Q3", names=[]).dump("q3.txt")
    print(Path("q3.txt").read_text(), Path("loaded.log").read_text().split())
    try:
        environment.get_template("nowhere")
    except jinja2.TemplateNotFound as error:
        print("no template", error)
    try:
        environment.from_string("{{ log('before') }}{{ undefined_name }}").render()
    except jinja2.UndefinedError as error:
        print(error, Path("loaded.log").read_text().count("before"))
    print(asyncio.run(make(enable_async=True).get_template("slow").render_async()), sorted(map(str, Path(".").glob("part*"))))


main()
