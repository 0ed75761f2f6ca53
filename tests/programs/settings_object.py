"""Attribute magic over files: properties, descriptors, __getattr__, item access, operators, cached properties."""

import functools
import os
from pathlib import Path


class Stored:
    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, obj, cls=None):
        if obj is None:
            return self
        return (obj.folder / self.name).read_text()

    def __set__(self, obj, value):
        (obj.folder / self.name).write_text(str(value))

    def __delete__(self, obj):
        (obj.folder / self.name).unlink()


class Settings:
    color = Stored()
    size = Stored()
    registry = {}

    def __init_subclass__(cls, **options):
        os.makedirs(cls.__name__.lower(), exist_ok=True)
        Settings.registry[cls.__name__] = options

    def __init__(self):
        self.folder = Path(type(self).__name__.lower())

    @property
    def names(self):
        return sorted(os.listdir(self.folder))

    @functools.cached_property
    def first(self):
        return self.names[0]

    def __getattr__(self, name):
        if name.startswith("has_"):
            return (self.folder / name[4:]).exists()
        raise AttributeError(name)

    def __getitem__(self, name):
        return (self.folder / name).read_text()

    def __setitem__(self, name, value):
        (self.folder / name).write_text(value)

    def __delitem__(self, name):
        os.remove(self.folder / name)

    def __contains__(self, name):
        return os.path.exists(self.folder / name)

    def __len__(self):
        return len(os.listdir(self.folder))

    def __iter__(self):
        for name in self.names:
            yield name, self[name]

    def __iadd__(self, other):
        for name, text in other:
            self[name] = text
        return self

    def __eq__(self, other):
        return dict(self) == dict(other)

    __hash__ = None


class Window(Settings, title="main"):
    pass


class Dialog(Settings, title="ask", modal=True):
    pass


window, dialog = Window(), Dialog()
window.color = "red"
window.size = 3
window["font"] = "mono"
print(window.color, window.size, window["font"], len(window), "font" in window, window.first)
dialog += window
print(dict(dialog), dialog == window, dialog.has_size, dialog.has_shape)
del dialog.color, dialog["size"]
window.size += "0"
print(window.size, dialog.names, window.first, dialog == window, Settings.registry)
try:
    print(dialog.color)
except FileNotFoundError as error:
    print("no", os.path.basename(error.filename))
print(getattr(dialog, "shape", "no shape"))
