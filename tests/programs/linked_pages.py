"""Builds pages out of templates: effects in re.sub, string.Template, str.format_map and translate callbacks."""

import os
import re
import string
from pathlib import Path

Path("parts").mkdir()
for name, text in {
    "index": "<h1>{{title}}</h1>\n{{nav}}\n{{missing}}\n",
    "title": "Home of $owner",
    "nav": "[a](about) [n](nowhere)",
    "about": "We are $owner, since {year}.",
}.items():
    Path("parts", name).write_text(text)


class Settings(dict):
    """Looks a name up on disk the first time that it is asked for."""

    def __missing__(self, name):
        path = Path(f"{name}.setting")
        if not path.exists():
            path.write_text(name.upper())
        self[name] = path.read_text()
        return self[name]


class Letters(dict):
    def __missing__(self, code):
        with open("letters.txt", "a") as file:
            file.write(chr(code))
        self[code] = chr(code).swapcase()
        return self[code]


def include(match):
    try:
        text = Path("parts", match["name"]).read_text()
    except FileNotFoundError:
        return f"<!-- no {match[1]} -->"
    return re.sub(r"\{\{(?P<name>\w+)\}\}", include, text)


def link(match):
    word, target = match.groups()
    return (
        f'<a href="{target}">{word}</a>' if os.path.exists(os.path.join("parts", target)) else word
    )


settings = Settings()
page = re.sub(r"\[(\w+)\]\((\w+)\)", link, include(re.match(r"(?P<name>\w+)", "index")))
page = string.Template(page).substitute(settings)
print(page)
print(
    string.Template(Path("parts/about").read_text()).safe_substitute(settings).format_map(settings)
)
print("abcABC".translate(Letters()), Path("letters.txt").read_text(), sorted(settings))


class Files(string.Formatter):
    def get_value(self, key, args, kwargs):
        return (
            Path("parts", key).read_text()
            if isinstance(key, str)
            else super().get_value(key, args, kwargs)
        )

    def convert_field(self, value, conversion):
        return len(value) if conversion == "n" else super().convert_field(value, conversion)


print(Files().format("{title!r:>30} {0} {about!n:04}", "first"))
print(
    re.subn(
        "(?i)we",
        lambda m: str(Path("parts", "title").stat().st_size),
        Path("parts/about").read_text(),
    )
)
