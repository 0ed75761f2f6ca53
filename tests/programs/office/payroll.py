"""Needs the people, who need the wages from here."""

import importlib.resources
import pkgutil

from . import people as everyone

WAGES = {}
with open("wages.log", "a") as log:
    log.write("payroll imported\n")


def pay(name, wage):
    WAGES[name] = wage
    with open("wages.log", "a") as log:
        log.write(f"{name} {wage}\n")


def total():
    return sum(WAGES[person.name] for person in everyone.staff())


print(pkgutil.get_data(__package__, "version.txt"), importlib.resources.read_text("office.people", "staff.json")[:9])
for person in everyone.staff():
    pay(person.name, person.wage)
