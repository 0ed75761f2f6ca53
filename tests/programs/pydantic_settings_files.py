"""Settings of a farm in pydantic models: dataclasses, generics, validated calls, custom types with hooks into the schema."""

import time
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field, GetCoreSchemaHandler, RootModel, ValidationError, field_validator, validate_call
from pydantic.dataclasses import dataclass
from pydantic.functional_validators import PlainValidator
from pydantic_core import PydanticCustomError, core_schema
from typing_extensions import Annotated

T = TypeVar("T")


class Field_(str):
    """The name of a field: it gets a folder when it is first mentioned."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(cls.made, handler(str))

    @classmethod
    def made(cls, name: str) -> "Field_":
        path = Path("fields", name)
        if not path.exists():
            path.mkdir(parents=True)
            (path / "made").write_text(str(len(list(Path("fields").iterdir()))))
        return cls(name)


def timed(value: Any) -> float:
    before = time.monotonic()
    time.sleep(0.003)
    seconds = float(value)
    if time.monotonic() - before < 0.002:
        raise PydanticCustomError("hasty", "was not waited for: {value}", {"value": value})
    return seconds


@dataclass
class Crop:
    name: str
    field: Field_
    weeks: int = Field(gt=0, default_factory=lambda: int(Path("weeks").read_text()))

    @field_validator("name")
    @classmethod
    def once(cls, name: str) -> str:
        path = Path("crops.txt")
        if path.exists() and name in path.read_text().split():
            raise ValueError(f"{name} twice")
        with path.open("a") as file:
            file.write(f"{name} ")
        return name

    def __post_init__(self) -> None:
        (Path("fields") / self.field / self.name).touch()


class Stored(BaseModel, Generic[T]):
    what: T
    where: Path

    @field_validator("where", mode="before")
    @classmethod
    def there(cls, value: Any) -> Any:
        Path(value).parent.mkdir(exist_ok=True)
        return value

    def save(self) -> int:
        return self.where.write_text(self.model_dump_json())


class Plan(RootModel[list[Crop]]):
    def __iter__(self):
        return iter(self.root)


@validate_call(validate_return=True)
def water(field: Field_, litres: Annotated[float, PlainValidator(timed)], days: int = 1) -> int:
    with open("water.log", "a") as log:
        log.write(f"{field} {litres} {days}\n")
    return days * (1 if litres < 50 else "many")


def main():
    Path("weeks").write_text("8")
    plan = Plan.model_validate([{"name": "peas", "field": "north"}, {"name": "oats", "field": "south", "weeks": "20"}])
    print([(crop.name, crop.weeks) for crop in plan], sorted(path.as_posix() for path in Path("fields").rglob("*") if path.is_file()))
    for wrong in ({"name": "peas", "field": "north"}, {"name": "rye", "field": "west", "weeks": -1}):
        try:
            Crop(**wrong)
        except ValidationError as error:
            print(error.error_count(), error.errors()[0]["msg"])
    stored = Stored[Crop](what={"name": "corn", "field": "east"}, where="barn/corn.json")
    print(stored.save(), Stored[Crop].model_json_schema()["properties"].keys() == {"what", "where"})
    print(Path("barn/corn.json").read_text())
    try:
        Stored[Crop].model_validate_json(Path("barn/corn.json").read_text())
    except ValidationError as error:
        print(error.errors()[0]["loc"], error.errors()[0]["type"])
    print(water("north", "12.5", days="3"))
    for arguments in (("north", "99"), ("north", 1, "x")):
        try:
            water(*arguments)
        except ValidationError as error:
            print(error.title, error.errors()[0]["type"])
    print(Path("water.log").read_text(), Path("crops.txt").read_text())


main()
