"""A small site by Jinja2: an extension with a tag of its own, a bytecode cache of its own, autoescape, a choice of loaders."""

import hashlib
from pathlib import Path

from jinja2 import BytecodeCache, ChoiceLoader, DictLoader, Environment, FileSystemLoader, PrefixLoader, nodes, select_autoescape
from jinja2.ext import Extension
from markupsafe import Markup


class Counter(Extension):
    """`{% visit "name" %}` counts in a file and shows the count."""

    tags = {"visit"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        name = parser.parse_expression()
        return nodes.Output([self.call_method("_count", [name])]).set_lineno(line)

    def _count(self, name):
        path = Path("visits", name)
        count = int(path.read_text()) + 1 if path.exists() else 1
        path.write_text(str(count))
        return Markup(f"<b>{count}</b>")

    def filter_stream(self, stream):
        with open("lexed.log", "a") as log:
            log.write(f"{stream.name}\n")
        return stream


class Compiled(BytecodeCache):
    """Keeps compiled templates beside the site."""

    def load_bytecode(self, bucket):
        path = Path("cache", bucket.key)
        if path.exists():
            bucket.bytecode_from_string(path.read_bytes())

    def dump_bytecode(self, bucket):
        Path("cache", bucket.key).write_bytes(bucket.bytecode_to_string())
        with open("lexed.log", "a") as log:
            log.write("compiled\n")


class Page:
    """A page whose properties read its file."""

    def __init__(self, path):
        self.path = path

    @property
    def title(self):
        return self.path.read_text().partition("\n")[0]

    def __html__(self):
        body = self.path.read_text().partition("\n")[2]
        return Markup("<p>") + body.strip() + Markup("</p>")

    def __getitem__(self, key):
        if key == "hash":
            return hashlib.sha256(self.path.read_bytes()).hexdigest()[:6]
        raise KeyError(key)


def pages():
    for path in sorted(Path("pages").glob("*.md")):
        yield Page(path)


def main():
    for folder in ("pages", "visits", "cache", "theme", "out"):
        Path(folder).mkdir()
    Path("pages/a.md").write_text("Ants & more\nThey <walk>.\n")
    Path("pages/b.md").write_text("Bees\nThey fly.\n")
    Path("theme/page.html").write_text("{% import 'parts/bits' as bits %}{{ bits.head(page.title) }}{{ page }}{% visit page.path.stem %}{{ page.hash }}\n")
    environment = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader("theme"),
                PrefixLoader({"parts": DictLoader({"bits": "{% macro head(t) %}<h1>{{ t }}</h1>{{ caller() if caller }}{% endmacro %}"})}),
            ]
        ),
        extensions=[Counter, "jinja2.ext.loopcontrols"],
        autoescape=select_autoescape(["html"], default_for_string=False),
        bytecode_cache=Compiled(),
        trim_blocks=True,
    )
    index = environment.from_string(
        "{% for page in pages() %}{% if loop.first %}{{ loop.nextitem is defined }} {% endif %}"
        "{{ loop.index }}: {{ page.title }}{% if page.title.startswith('B') %}{% break %}{% endif %}\n{% endfor %}"
    )
    for page in pages():
        (Path("out") / f"{page.path.stem}.html").write_text(environment.get_template("page.html").render(page=page))
    for path in sorted(Path("out").iterdir()):
        print(path.name, path.read_text(), end="")
    print(index.render(pages=pages))
    environment.get_template("page.html").stream(page=Page(Path("pages/a.md"))).dump("out/again.html", encoding="ascii")
    print(Path("out/again.html").read_text().count("<b>2</b>"), Path("visits/a").read_text(), Path("lexed.log").read_text().split())
    print(len(list(Path("cache").iterdir())), environment.list_templates(filter_func=lambda name: Path("theme", name).exists()))


main()
