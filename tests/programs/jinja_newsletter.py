"""Newsletters out of Jinja templates: filters, tests, globals, loaders and extensions of one's own that touch files."""

import datetime
from pathlib import Path

from jinja2 import (
    ChoiceLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    FunctionLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    pass_context,
    pass_environment,
)

TEMPLATES = {
    "base.txt": "== {% block title %}none{% endblock %} ==\n{% block body required %}{% endblock %}\n-- {{ footer() }}",
    "letter.txt": """{% extends "base.txt" %}
{% import "macros.txt" as m %}
{% block title %}{{ name | title }}, {{ day | weekday }}{% endblock %}
{% block body %}
{%- for path in paths | sort if path is big %}
{{ loop.index }}. {{ m.row(path) }} {{ path | head(2) | join("/") }}
{%- else %}
nothing new
{%- endfor %}
{% include ["extra-" ~ name ~ ".txt", "extra.txt"] ignore missing %}
{%- endblock %}""",
    "macros.txt": "{% macro row(path) %}{{ path | size | filesizeformat }}{% endmacro %}",
}
reads = []


def size(path):
    return Path(path).stat().st_size


def head(path, count=1):
    reads.append(path)
    with open(path) as file:
        return [next(file).strip() for _ in range(count)]


@pass_environment
def footer(environment):
    return f"{len(environment.loader.loaders[0].list_templates())} templates"


@pass_context
def log(context, text):
    with open("letters.log", "a") as file:
        print(context.get("name", "?"), context.name, text, file=file)
    return ""


def from_disk(name):
    path = Path("extras", name)
    return (path.read_text(), str(path), lambda: path.exists()) if path.is_file() else None


def main():
    for folder in ("templates", "extras", "news"):
        Path(folder).mkdir()
    for name, text in TEMPLATES.items():
        Path("templates", name).write_text(text)
    Path("extras/extra.txt").write_text("For {{ name }}: {{ log('extra') }}{% set n = namespace(v=1) %}{{ n.v + 1 }} extras")
    Path("news/a.txt").write_text("first\nof a\n" * 9)
    Path("news/b.txt").write_text("b\n")
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader("templates"), FunctionLoader(from_disk), DictLoader({"x": "{{ x.y.z }}"})]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"size": size, "head": head, "weekday": lambda day: day.strftime("%A")}
    environment.tests["big"] = lambda path: size(path) > 10
    environment.globals.update(footer=footer, log=log)
    letter = environment.get_template("letter.txt")
    paths = [str(path) for path in Path("news").iterdir()]
    for name in "ann", "bob":
        text = letter.render(name=name, day=datetime.date(2024, 5, 17), paths=paths if name == "ann" else [])
        Path(f"{name}.txt").write_text(text)
        print(text)
    for line in environment.from_string("{% for n in numbers %}{{ log(n) }}{{ n }};{% endfor %}").stream(numbers=range(3)):
        print(repr(line), end=" ")
    print()
    for name, broken in ("undefined", "x"), ("missing", "none.txt"), ("syntax", "{% if %}"):
        try:
            template = environment.from_string(broken) if name == "syntax" else environment.get_template(broken)
            print(template.render(x={}))
        except (UndefinedError, TemplateNotFound, TemplateSyntaxError) as error:
            print(name, type(error).__name__, error)
    print(reads, Path("letters.log").read_text().splitlines())


main()
