"""One file a contestant: a class with the shape of `protocol.Contestant`, listed in `ALL`."""

from contestants.dbos import Dbos
from contestants.local import Local
from contestants.protocol import Contestant, Options
from contestants.restate import Restate
from contestants.temporal import Temporal
from contestants.temporal_by_hand import TemporalByHand

ALL: dict[str, type[Contestant]] = {
    "local": Local,
    "temporal": Temporal,
    "temporal-by-hand": TemporalByHand,
    "dbos": Dbos,
    "restate": Restate,
}

__all__ = ["ALL", "Contestant", "Options"]
