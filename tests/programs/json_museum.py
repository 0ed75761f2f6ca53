"""A museum's catalogue in JSON and CSV: object hooks, default, encoders that stream to files, dialects, custom readers."""

import csv
import dataclasses
import datetime
import io
import json
from decimal import Decimal
from pathlib import Path


@dataclasses.dataclass
class Piece:
    title: str
    year: int
    price: Decimal
    seen: datetime.date | None = None


def to_json(value):
    if dataclasses.is_dataclass(value):
        Path("encoded.log").open("a").write(value.title + "\n")
        return {"$": type(value).__name__, **vars(value)}
    if isinstance(value, Decimal):
        return {"$": "Decimal", "v": str(value)}
    if isinstance(value, datetime.date):
        return {"$": "date", "v": value.isoformat()}
    if isinstance(value, Path):
        return value.read_text().strip()
    raise TypeError(f"what is a {type(value).__name__}?")


def from_json(found):
    match found:
        case {"$": "Piece", **fields}:
            return Piece(**fields)
        case {"$": "Decimal", "v": text}:
            return Decimal(text)
        case {"$": "date", "v": text}:
            return datetime.date.fromisoformat(text)
        case {"$include": name}:
            return json.loads(Path(name).read_text(), object_hook=from_json)
    return found


class Folded(json.JSONEncoder):
    def iterencode(self, o, _one_shot=False):
        for chunk in super().iterencode(o, _one_shot):
            with open("chunks.txt", "a") as file:
                file.write(f"{len(chunk)} ")
            yield chunk


class Upper:
    """A file for csv.writer: whatever has a method write."""

    def __init__(self, path):
        self.path = path

    def write(self, text):
        with open(self.path, "a", newline="") as file:
            return file.write(text.upper())


class Semicolons(csv.excel):
    delimiter, quoting = ";", csv.QUOTE_NONNUMERIC


pieces = [Piece("Boat", 1890, Decimal("12.50")), Piece("Two; cups", 1901, Decimal("3"), datetime.date(2024, 1, 2))]
Path("motto.txt").write_text("touch nothing\n")
with open("museum.json", "w") as file:
    json.dump({"motto": Path("motto.txt"), "pieces": pieces}, file, default=to_json, indent=1)
museum = json.loads(Path("museum.json").read_text(), object_hook=from_json)
print(museum["pieces"] == pieces, museum["motto"], Path("encoded.log").read_text().split("\n"))
Path("part.json").write_text('{"extra": {"$include": "museum.json"}}')
print(json.load(open("part.json"), object_hook=from_json)["extra"]["pieces"][1].seen)
with open("folded.json", "w") as file:
    json.dump(list(range(3)), file, cls=Folded)
print(Path("chunks.txt").read_text(), Path("folded.json").read_text())
for text in '{"a": 1, "a": 2}', "[1.50, NaN]", "{bad":
    try:
        print(json.loads(text, object_pairs_hook=list, parse_float=Decimal, parse_constant=lambda name: Path(name).exists()))
    except json.JSONDecodeError as error:
        print(error.msg, error.pos)
try:
    json.dumps({"x": {1}}, default=to_json)
except TypeError as error:
    print(error)
csv.register_dialect("semicolons", Semicolons)
writer = csv.DictWriter(Upper("museum.csv"), ["title", "year", "price"], dialect="semicolons", extrasaction="ignore")
writer.writeheader()
writer.writerows(vars(piece) for piece in pieces)
print(Path("museum.csv").read_text().splitlines())
with open("museum.csv", newline="") as file:
    print(csv.Sniffer().sniff(file.readline(), ";,").delimiter, next(csv.reader(file, "semicolons")))
rows = csv.reader((line.replace("\t", ",") for line in open("museum.csv")), delimiter=";")
print(rows.line_num, len(list(rows)), rows.line_num, csv.list_dialects())
buffer = io.StringIO()
csv.writer(buffer, quoting=csv.QUOTE_ALL).writerow([piece.year for piece in pieces])
print(repr(buffer.getvalue()))
