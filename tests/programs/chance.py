"""Uses random numbers and identifiers; what was written with them must hold across a crash."""

import random
import secrets
import uuid
from pathlib import Path

deck = list(range(10))
random.shuffle(deck)
folder = Path("cards")
folder.mkdir()
for place, card in enumerate(deck[:3]):
    (folder / f"{place}.txt").write_text(str(card))
token = uuid.uuid4()
Path("token.txt").write_text(f"{token} {secrets.token_hex(4)}")
assert Path("token.txt").read_text().split()[0] == str(token)
assert [int(path.read_text()) for path in sorted(folder.iterdir())] == deck[:3]
print(len(deck), len(str(token)))
for path in sorted(folder.iterdir()):
    path.unlink()
Path("token.txt").unlink()
