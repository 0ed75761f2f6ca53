"""Reports of an office: a package with relative and circular imports, a namespace package, data beside the modules."""

import importlib
import sys

import office
from office import payroll
from office.people import *
from regions.north import city as north
from regions.south.city import NAME as south

print(office.VERSION, office.HERE.name, "lazily" in vars(office))
print(payroll.total(), [person.name for person in staff()], "hidden" in globals())
print(north.NAME, south, [importlib.import_module(f"regions.{part}.city").size() for part in ("north", "south")])
chosen = importlib.import_module(".payroll", "office")
print(chosen is payroll, sys.modules["office.people"].__package__, office.lazy.__name__)
try:
    from office import nobody
except ImportError as error:
    print(error.name, "cannot import name" in str(error))
print(office.people.__doc__, __name__, __package__)
office.close()
