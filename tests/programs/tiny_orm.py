"""An object mapper in a hundred lines: a metaclass with __prepare__, descriptors, __init_subclass__, over sqlite3."""

import sqlite3
from collections import OrderedDict
from contextlib import contextmanager

db = sqlite3.connect("garden.db")
db.row_factory = sqlite3.Row


class Field:
    def __init__(self, kind="TEXT", default=None):
        self.kind, self.default = kind, default

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, owner=None):
        return self if obj is None else obj.values.get(self.name, self.default)

    def __set__(self, obj, value):
        obj.values[self.name] = value
        obj.dirty.add(self.name)

    def __eq__(self, value):
        return Condition(f"{self.name} = ?", [value])

    def __gt__(self, value):
        return Condition(f"{self.name} > ?", [value])

    __hash__ = object.__hash__


class Condition:
    def __init__(self, sql, values):
        self.sql, self.values = sql, values

    def __and__(self, other):
        return Condition(f"({self.sql} AND {other.sql})", self.values + other.values)

    def __or__(self, other):
        return Condition(f"({self.sql} OR {other.sql})", self.values + other.values)


class ModelType(type):
    @classmethod
    def __prepare__(meta, name, bases, **options):
        return OrderedDict()

    def __new__(meta, name, bases, namespace, **options):
        fields = [key for key, value in namespace.items() if isinstance(value, Field)]
        cls = super().__new__(meta, name, bases, dict(namespace))
        cls.fields = [*(field for base in bases for field in getattr(base, "fields", [])), *fields]
        return cls

    def __init__(cls, name, bases, namespace, table=None):
        super().__init__(name, bases, namespace)
        if table:
            cls.table = table
            columns = ", ".join(f"{field} {getattr(cls, field).kind}" for field in cls.fields)
            db.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, {columns})")

    def __len__(cls):
        return db.execute(f"SELECT count(*) FROM {cls.table}").fetchone()[0]

    def __getitem__(cls, key):
        row = db.execute(f"SELECT * FROM {cls.table} WHERE id = ?", [key]).fetchone()
        if row is None:
            raise KeyError(key)
        return cls(**row)

    def __iter__(cls):
        for row in db.execute(f"SELECT * FROM {cls.table} ORDER BY id"):
            yield cls(**row)


class Model(metaclass=ModelType):
    known = []

    def __init_subclass__(cls, **options):
        super().__init_subclass__()
        Model.known.append(cls.__name__)

    def __init__(self, id=None, **values):
        self.id, self.values, self.dirty = id, {}, set()
        for name, value in values.items():
            setattr(self, name, value)
        if id is not None:
            self.dirty.clear()

    def save(self):
        names = sorted(self.dirty)
        if self.id is None:
            marks = ", ".join("?" * len(names))
            sql = f"INSERT INTO {self.table} ({', '.join(names)}) VALUES ({marks})"
            self.id = db.execute(sql, [self.values[name] for name in names]).lastrowid
        elif names:
            sql = (
                f"UPDATE {self.table} SET {', '.join(f'{name} = ?' for name in names)} WHERE id = ?"
            )
            db.execute(sql, [*(self.values[name] for name in names), self.id])
        self.dirty.clear()
        return self

    @classmethod
    def where(cls, condition):
        return [
            cls(**row)
            for row in db.execute(
                f"SELECT * FROM {cls.table} WHERE {condition.sql}", condition.values
            )
        ]


class Plant(Model, table="plants"):
    name = Field()
    height = Field("REAL", default=0.0)


class Tree(Plant, table="trees"):
    age = Field("INTEGER")


@contextmanager
def transaction():
    try:
        yield
        db.commit()
    except Exception:
        db.rollback()
        raise


with transaction():
    for name, height in ("fern", 0.5), ("rose", 1.25), ("moss", 0.01):
        Plant(name=name, height=height).save()
    oak = Tree(name="oak", height=20, age=80).save()
oak.age += 1
oak.save()
try:
    with transaction():
        Plant(name="weed").save()
        raise RuntimeError("no weeds")
except RuntimeError as error:
    print(error, len(Plant))
db.commit()
print([plant.name for plant in Plant], len(Tree), Tree[1].age, Tree.fields, Model.known)
print(
    [
        plant.name
        for plant in Plant.where((Plant.height > 0.1) & (Plant.height > 1) | (Plant.name == "moss"))
    ]
)
try:
    Plant[99]
except KeyError as error:
    print("no plant", error)
db.close()
