import json
from pathlib import Path

SEASONS = json.loads(Path("seasons.json").read_text())
COLDEST = min(SEASONS, key=lambda season: SEASONS[season]["low"])
