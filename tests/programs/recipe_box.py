"""A recipe box: text files become dataclasses, amounts are fractions, and a shopping list is written for the week."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

BOX = Path("recipes")
AMOUNT = re.compile(r"^(?P<amount>\d+(?:/\d+)?)\s+(?P<unit>\w+)\s+(?P<what>.+)$")

RECIPES = {
    "pancakes": "serves 4\n300 g flour\n1/2 l milk\n3 pc egg\n",
    "omelette": "serves 2\n4 pc egg\n1/8 l milk\n30 g butter\n",
    "toast": "serves 1\n2 pc bread\n10 g butter\na pinch of salt\n",
}


@dataclass(frozen=True, order=True)
class Ingredient:
    what: str
    amount: Fraction
    unit: str

    def __mul__(self, factor: Fraction) -> Ingredient:
        return replace(self, amount=self.amount * factor)

    __rmul__ = __mul__

    def __str__(self) -> str:
        whole, rest = divmod(self.amount, 1)
        shown = " ".join(str(part) for part in (whole, rest) if part) or "0"
        return f"{shown} {self.unit} {self.what}"


@dataclass
class Recipe:
    path: Path
    serves: int = 1
    ingredients: list[Ingredient] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, line in enumerate(self.path.read_text().splitlines()):
            if number == 0 and line.startswith("serves "):
                self.serves = int(line.removeprefix("serves "))
            elif match := AMOUNT.match(line):
                amount = Fraction(match["amount"])
                self.ingredients.append(Ingredient(match["what"], amount, match["unit"]))
            else:
                self.notes.append(line)

    def for_people(self, people: int) -> list[Ingredient]:
        return [Fraction(people, self.serves) * each for each in self.ingredients]


def shopping_list(recipes: list[Recipe], people: int) -> list[Ingredient]:
    totals: defaultdict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for recipe in recipes:
        for item in recipe.for_people(people):
            totals[item.what, item.unit] += item.amount
    return sorted(Ingredient(what, amount, unit) for (what, unit), amount in totals.items())


def main() -> None:
    BOX.mkdir()
    for name, text in RECIPES.items():
        (BOX / name).with_suffix(".txt").write_text(text)
    recipes = [Recipe(path) for path in sorted(BOX.glob("*.txt"))]
    for recipe in recipes:
        print(f"{recipe.path.stem:>10}: serves {recipe.serves}, {len(recipe.ingredients)} ingredients", *recipe.notes)
    wanted = shopping_list(recipes, people=6)
    with open("shopping.txt", "w") as file:
        print(*wanted, sep="\n", file=file)
    print(Path("shopping.txt").read_text(), end="")
    assert max(recipes, key=lambda recipe: recipe.path.stat().st_size).path.stem == "toast"


if __name__ == "__main__":
    main()
