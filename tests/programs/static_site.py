"""Builds a site out of notes: front matter, a small markup by regex, string.Template, copied assets, an index by date."""

import datetime
import html
import re
import shutil
import string
import sys
import textwrap
from pathlib import Path

PAGE = string.Template("<title>$title</title>\n<body>$body</body>\n<footer>${words} words, $$0</footer>\n")
NOTES = {
    "first": "title: First & best\ndate: 2024-01-05\n\n# Hello\nThis is *good* and `x < 1`.\n\n- one\n- two\n",
    "second": "title: Second\ndate: 2023-12-31\ntags: a, b\n\nSee [first](first.md) and {{include:part.txt}}.\n",
    "draft": "title: Draft\ndraft: yes\n\nNot yet.\n",
    "broken": "no front matter\n",
}


class Note:
    def __init__(self, path):
        self.path = path
        head, _, self.body = path.read_text().partition("\n\n")
        self.facts = dict(re.findall(r"^(\w+): (.*)$", head, re.M))
        if "title" not in self.facts:
            raise ValueError(f"{path.name} has no title")

    def __lt__(self, other):
        return self.date < other.date

    @property
    def date(self):
        return datetime.date.fromisoformat(self.facts["date"])

    def render(self):
        text = html.escape(self.body, quote=False)
        text = re.sub(r"\{\{include:([\w.]+)\}\}", lambda match: (self.path.parent / match[1]).read_text().strip(), text)
        for pattern, replacement in (
            (r"^# (.*)$", r"<h1>\1</h1>"),
            (r"\*(.+?)\*", r"<b>\1</b>"),
            (r"`(.+?)`", r"<code>\1</code>"),
            (r"^- (.*)$", r"<li>\1</li>"),
            (r"\[(.+?)\]\((.+?)\.md\)", r'<a href="\2.html">\1</a>'),
        ):
            text = re.sub(pattern, replacement, text, flags=re.M)
        return PAGE.substitute(title=html.escape(self.facts["title"]), body=text, words=len(self.body.split()))


def main():
    source, target = Path("notes"), Path("public")
    (source / "assets").mkdir(parents=True)
    for name, text in NOTES.items():
        (source / f"{name}.md").write_text(text)
    (source / "part.txt").write_text("included\n")
    (source / "assets" / "style.css").write_text("body {}")
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(source / "assets", target / "assets")
    notes = []
    for path in sorted(source.glob("*.md")):
        try:
            note = Note(path)
        except ValueError as error:
            print("skipped:", error, file=sys.stderr)
            continue
        if note.facts.get("draft") != "yes":
            (target / path.with_suffix(".html").name).write_text(note.render())
            notes.append(note)
    index = [f"{note.date:%d %b %Y} {note.facts['title']}" for note in sorted(notes, reverse=True)]
    (target / "index.txt").write_text("\n".join(index))
    print(*sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()), sep="\n")
    print((target / "first.html").read_text(), (target / "second.html").read_text())
    print(textwrap.indent((target / "index.txt").read_text(), "  "), target.joinpath("assets/style.css").stat().st_size)


main()
