"""Those who work here."""

import json
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Person", "staff"]
hidden = True


@dataclass
class Person:
    name: str
    wage: int

    def raise_by(self, amount):
        from ..payroll import pay

        pay(self.name, self.wage + amount)


def staff():
    with (Path(__file__).parent / "staff.json").open() as file:
        return [Person(**entry) for entry in json.load(file)]
