"""Parsers that call back: html.parser, sax, iterparse, expat, ast visitors, each with effects in its handlers."""

import ast
import xml.etree.ElementTree as ET
import xml.parsers.expat
import xml.sax
from html.parser import HTMLParser
from pathlib import Path

Path("page.html").write_text('<h1>Hi &amp; bye</h1><a href="a.txt">A</a><a href="b.txt">B</a><!-- note -->')
Path("feed.xml").write_text("<feed><item n='1'>one</item><item n='2'>two</item><odd/></feed>")
Path("a.txt").write_text("alpha")


class Links(HTMLParser):
    def handle_starttag(self, tag, attrs):
        target = dict(attrs).get("href")
        if target:
            print(tag, target, Path(target).exists())

    def handle_data(self, data):
        with open("text.txt", "a") as file:
            file.write(data + "|")

    def handle_comment(self, data):
        Path("comment.txt").write_text(data.strip())


class Items(xml.sax.ContentHandler):
    def startElement(self, name, attrs):
        if name == "item":
            Path(f"item{attrs['n']}").touch()

    def endDocument(self):
        print(sorted(path.name for path in Path(".").glob("item?")))


class Names(ast.NodeTransformer):
    def visit_Name(self, node):
        path = Path(f"{node.id}.value")
        return ast.Constant(int(path.read_text())) if path.exists() else node


links = Links()
links.feed(Path("page.html").read_text())
links.close()
print(Path("text.txt").read_text(), Path("comment.txt").read_text())
xml.sax.parse("feed.xml", Items())
for event, element in ET.iterparse("feed.xml", ("start", "end")):
    if (event, element.tag) == ("end", "item"):
        Path(f"item{element.get('n')}").write_text(element.text)
        element.clear()
print(Path("item2").read_text(), ET.parse("feed.xml").findall("item")[0].attrib)
expat = xml.parsers.expat.ParserCreate()
expat.CharacterDataHandler = lambda data: Path("data.txt").open("a").write(data)
with open("feed.xml", "rb") as source:
    expat.ParseFile(source)
print(Path("data.txt").read_text())
Path("x.value").write_text("20")
tree = ast.fix_missing_locations(Names().visit(ast.parse("x * 2 + len(str(x))", mode="eval")))
print(ast.unparse(tree), eval(compile(tree, "formula", "eval")))
ET.ElementTree(ET.fromstring("<a><b/>tail</a>")).write("out.xml")
print(Path("out.xml").read_text())
