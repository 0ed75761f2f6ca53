"""Access rights as enums: flags, members from a file by the functional API, `_missing_` that looks names up on disk."""

import enum
import json
from pathlib import Path


class Right(enum.Flag):
    NONE = 0
    READ = enum.auto()
    WRITE = enum.auto()
    SHARE = enum.auto()
    EDIT = READ | WRITE

    @classmethod
    def parse(cls, text):
        total = cls.NONE
        for name in filter(None, text.split("+")):
            total |= cls[name.strip().upper()]
        return total


class Role(enum.Enum):
    GUEST = "guest"
    OWNER = "owner"

    @classmethod
    def _missing_(cls, value):
        aliases = json.loads(Path("aliases.json").read_text())
        return cls(aliases[value]) if value in aliases else None

    def __call__(self, path):
        (Path("grants") / f"{self.value}-{path}").write_text(str(rights_of(self)))
        return self


def rights_of(role):
    return Right.parse(Path("rights", role.value).read_text())


def main():
    for folder in "rights", "grants":
        Path(folder).mkdir()
    Path("aliases.json").write_text('{"boss": "owner", "visitor": "guest"}')
    Path("rights/guest").write_text("read")
    Path("rights/owner").write_text("edit + share")
    Path("colours.txt").write_text("RED GREEN BLUE")
    Colour = enum.IntEnum(
        "Colour", Path("colours.txt").read_text(), start=Path("rights/guest").stat().st_size
    )
    print([*Colour], Colour(5).name, Colour.RED < Colour.BLUE)
    for name in "owner", "boss", "visitor", "nobody":
        try:
            role = Role(name)("page")
        except ValueError as error:
            print(error)
        else:
            rights = rights_of(role)
            print(
                role,
                rights,
                Right.WRITE in rights,
                [right.name for right in rights],
                bool(rights & Right.SHARE),
            )
    print(
        sorted(path.name for path in Path("grants").iterdir()), ~Right.READ, len(Role.__members__)
    )


main()
