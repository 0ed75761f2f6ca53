"""Letters that pydantic checks: validators before, after and around look things up on disk, computed fields, discriminators."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    computed_field,
    field_serializer,
    field_validator,
    model_serializer,
    model_validator,
)


def note(text):
    with open("checks.log", "a") as log:
        log.write(text + "\n")


def from_file(value: Any) -> Any:
    """`@name` stands for what is in the file of that name."""
    if isinstance(value, str) and value.startswith("@"):
        return Path(value[1:]).read_text().strip()
    return value


def known_person(name: str) -> str:
    if name not in Path("people").read_text().split():
        raise ValueError(f"{name} is unknown")
    return name


def patient(value, handler):
    try:
        return handler(value)
    except ValidationError as error:
        note(f"patient with {error.error_count()}")
        return handler(str(value).replace(",", "."))


Person = Annotated[str, BeforeValidator(from_file), AfterValidator(known_person)]
Amount = Annotated[Decimal, WrapValidator(patient)]


class Letter(BaseModel):
    kind: Literal["letter"]
    sender: Person
    day: date = Field(default_factory=lambda: date.fromisoformat(Path("today").read_text()))
    _read: int = PrivateAttr(default=0)

    @field_validator("day", mode="after")
    @classmethod
    def counted(cls, day: date, info: ValidationInfo) -> date:
        note(f"day of {info.data.get('sender')}")
        return day

    @computed_field
    @property
    def text(self) -> str:
        self._read += 1
        return Path(f"{self.sender}.txt").read_text()


class Bill(BaseModel):
    model_config = ConfigDict(validate_assignment=True, validate_default=True)
    kind: Literal["bill"]
    sender: Person
    amount: Amount
    paid: bool = False

    @model_validator(mode="before")
    @classmethod
    def renamed(cls, data: Any) -> Any:
        if isinstance(data, dict) and "sum" in data:
            note("renamed")
            data = {**data, "amount": data["sum"]}
        return data

    @model_validator(mode="after")
    def entered(self) -> "Bill":
        Path("books").mkdir(exist_ok=True)
        (Path("books") / self.sender).write_text(f"{self.amount} {self.paid}")
        return self

    @field_serializer("amount")
    def as_text(self, amount: Decimal) -> str:
        note("serialized")
        return f"{amount:.2f} {Path('currency').read_text()}"


class Box(BaseModel):
    items: list[Annotated[Letter | Bill, Field(discriminator="kind")]]

    @model_serializer(mode="wrap")
    def stamped(self, handler: Any) -> dict[str, Any]:
        return {**handler(self), "number": len(Path("checks.log").read_text().splitlines())}

    def model_post_init(self, context: Any) -> None:
        note(f"box of {len(self.items)}")


def main():
    Path("people").write_text("ann bob")
    for name, text in {"ann.txt": "hello", "today": "2024-05-06", "who": "bob\n", "currency": "EUR"}.items():
        Path(name).write_text(text)
    box = Box.model_validate_json(
        json.dumps({"items": [{"kind": "letter", "sender": "ann"}, {"kind": "bill", "sender": "@who", "sum": "12,5"}]})
    )
    print(box.model_dump_json())
    bill = box.items[1]
    bill.paid = True
    print(Path("books/bob").read_text(), Path("checks.log").read_text().split("\n"))
    for wrong in ({"kind": "bill", "sender": "eve", "amount": 1}, {"kind": "bill", "sender": "ann", "amount": "x"}, {"kind": "note"}):
        try:
            TypeAdapter(Box).validate_python({"items": [wrong]})
        except ValidationError as error:
            print([(each["loc"], each["type"]) for each in error.errors()])
    try:
        Letter(kind="letter", sender="@nowhere")
    except FileNotFoundError as error:
        print("not wrapped:", error.filename)
    print(TypeAdapter(dict[Person, Amount]).validate_python({"ann": "1,5", "@who": 2}), sorted(p.name for p in Path("books").iterdir()))


main()
