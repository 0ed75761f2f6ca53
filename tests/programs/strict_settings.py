"""Reads settings in three formats with fallbacks: tomllib, configparser, environment, argparse over a file of options."""

import configparser
import os
import sys
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

Path("a.toml").write_text('name = "toml"\nport = 80\n[limits]\nsize = 10\n')
Path("b.ini").write_text("[main]\nname = ini\ndebug = yes\n[limits]\nsize = ${main:factor}\n")
Path("c.toml").write_text("broken = [1, 2\n")


@dataclass
class Settings:
    name: str = "none"
    port: int = 0
    debug: bool = False
    size: int = 1

    @classmethod
    def load(cls, *sources):
        found = {}
        for source in sources:
            found |= {key: value for key, value in source().items() if key in {f.name for f in fields(cls)}}
        return cls(**found)


def from_toml(path):
    def read():
        with open(path, "rb") as file:
            data = tomllib.load(file)
        return {**data, **data.get("limits", {})}

    return read


def from_ini(path, **extra):
    def read():
        parser = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
        with open(path) as file:
            parser.read_file(file)
        parser["main"].update(extra)
        main = parser["main"]
        return {"name": main["name"], "debug": main.getboolean("debug"), "size": parser.getint("limits", "size")}

    return read


def from_environment():
    return {key[4:].lower(): value for key, value in os.environ.items() if key.startswith("JOB_")}


os.environ["JOB_NAME"] = "environment"
print(Settings.load(from_toml("a.toml")))
print(Settings.load(from_toml("a.toml"), from_ini("b.ini", factor="7")))
print(Settings.load(from_toml("a.toml"), from_environment))
del os.environ["JOB_NAME"]
print(Settings.load(from_environment), os.environ.get("JOB_NAME", "unset"), os.getenv("JOB_NAME"))
for source in (from_toml("c.toml"), from_toml("none.toml"), from_ini("b.ini")):
    try:
        Settings.load(source)
    except (tomllib.TOMLDecodeError, OSError, configparser.Error) as error:
        with open("problems.txt", "a") as file:
            print(type(error).__name__, file=file)
problems = Path("problems.txt").read_text().split()
print(problems)
sys.exit(f"{len(problems)} problems")
