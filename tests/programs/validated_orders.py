"""Orders checked by pydantic: field and model validators that look at files, computed fields, serializers, errors."""

import json
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    computed_field,
    field_serializer,
    field_validator,
    model_validator,
    validate_call,
)

STOCK = Path("stock.json")


def in_stock(article: str) -> str:
    if article not in json.loads(STOCK.read_text()):
        raise ValueError(f"{article} is sold out")
    return article


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    article: Annotated[str, AfterValidator(in_stock)]
    count: int = Field(gt=0, le=10)

    @computed_field
    @property
    def price(self) -> Decimal:
        return Decimal(json.loads(STOCK.read_text())[self.article]) * self.count


class Card(BaseModel):
    kind: Literal["card"]
    number: str = Field(pattern=r"^\d{4}$")


class Invoice(BaseModel):
    kind: Literal["invoice"]
    to: str = "office"


class Order(BaseModel):
    id: int = Field(default_factory=lambda: len(list(Path("orders").iterdir())) + 1)
    day: date
    lines: list[Line]
    payment: Union[Card, Invoice] = Field(discriminator="kind")
    attachment: Path | None = None

    @field_validator("lines", mode="before")
    @classmethod
    def from_text(cls, value):
        if isinstance(value, str):
            Path("parsed.log").open("a").write(value + "\n")
            return [dict(zip(("article", "count"), part.split("*"))) for part in value.split(",")]
        return value

    @model_validator(mode="after")
    def attachment_exists(self):
        if self.attachment and not self.attachment.exists():
            raise ValueError(f"{self.attachment} is missing")
        return self

    @field_serializer("attachment", when_used="unless-none")
    def inline(self, path: Path) -> str:
        return path.read_text()

    @cached_property
    def total(self) -> Decimal:
        return sum((line.price for line in self.lines), Decimal())

    def model_post_init(self, context) -> None:
        (Path("orders") / f"{self.id}.new").touch()


@validate_call
def discount(order: Order, percent: Annotated[int, Field(ge=0, lt=100)]) -> Decimal:
    Path("discounts.txt").write_text(str(percent))
    return order.total * (100 - percent) / 100


Path("orders").mkdir()
Path("note.txt").write_text("ring twice")
STOCK.write_text('{"pen": "1.20", "ink": "7.5"}')
good = Order.model_validate_json(
    '{"day": "2024-02-29", "lines": "pen*3,ink*1", "payment": {"kind": "card", "number": "1234"}, "attachment": "note.txt"}'
)
Path("orders", "1.json").write_text(good.model_dump_json(indent=1))
print(good.id, good.total, discount(good, "10"), good.model_dump(mode="json")["attachment"])
print(Order(day="2024-03-01", lines=[Line(article="pen", count=1)], payment=Invoice(kind="invoice")).id)
for wrong in (
    {"day": "2023-02-29", "lines": "pen*0,hat*2", "payment": {"kind": "cash"}},
    {"day": "2023-02-28", "lines": [], "payment": {"kind": "invoice"}, "attachment": "gone.txt"},
):
    try:
        Order.model_validate(wrong)
    except ValidationError as error:
        for item in error.errors(include_url=False, include_context=False):
            print(item["loc"], item["type"], item["msg"])
try:
    discount(good, 100)
except ValidationError as error:
    print(error.error_count(), error.title)
print(TypeAdapter(list[Line]).validate_python([{"article": "ink", "count": "2"}])[0].price)
print(sorted(path.name for path in Path("orders").iterdir()), Path("parsed.log").read_text().split())
