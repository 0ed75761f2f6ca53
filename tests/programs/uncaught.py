"""Ends with an exception that nobody catches, from inside a library."""

import json
from pathlib import Path


class SettingsError(Exception):
    pass


def load(path: Path) -> dict:
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise SettingsError(f"{path.name} is not valid") from error


Path("settings.json").write_text("{broken")
print("loading")
print(load(Path("settings.json")))
