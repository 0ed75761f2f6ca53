"""Uses random numbers and identifiers to name files; the names must hold across a crash."""

import random
import uuid
from pathlib import Path

deck = list(range(10))
random.shuffle(deck)
folder = Path("cards")
folder.mkdir()
for card in deck[:3]:
    (folder / f"{card}.txt").write_text(str(card))
token = uuid.uuid4()
Path("token.txt").write_text(str(token))
assert Path("token.txt").read_text() == str(token)
assert sorted(path.name for path in folder.iterdir()) == sorted(f"{card}.txt" for card in deck[:3])
print(len(deck), len(str(token)))
for path in sorted(folder.iterdir()):
    path.unlink()
Path("token.txt").unlink()
