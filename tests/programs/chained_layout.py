"""Calls laid out over lines in the shapes that formatters and people leave behind."""

import json
import os
import pathlib
import subprocess

folder = pathlib.Path("out")
(folder
    / "deep"
    / "er").mkdir(
  parents=True,
)
total = \
    len(os.listdir("out")) \
    + len(
os.listdir(
        "out/deep"
)
    )
print("entries", total)

text = (
    pathlib.Path("out")
    .joinpath("deep")
    .joinpath("note.json")
    .write_text(
        json.dumps(
            {"total": total},
            indent=1,
).replace("\n",
" ")
)
)
print("written", text)

answer = subprocess.run(["cat",
    "out/deep/note.json"],
        capture_output=True, text=True,
check=True).stdout \
    .strip() \
    .upper()
print(answer); os.remove("out/deep/note.json"); print(sorted(os.listdir("out/deep")))
