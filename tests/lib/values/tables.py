"""Random values of numpy and pandas."""

from __future__ import annotations

import random
from typing import Any

import numpy
import pandas

_KINDS = ("f8", "<f4", ">i4", "i1", "b1", "c16", "M8[us]", "m8[s]", "S3", "U2")


def _array(rng: random.Random) -> Any:
    kind = numpy.dtype(rng.choice(_KINDS))
    shape = rng.choice(((), (0,), (4,), (2, 3), (2, 2, 2)))
    made = numpy.zeros(shape, kind, order=rng.choice("CF"))
    for place in numpy.ndindex(*shape):
        made[place] = rng.randrange(2) if kind.kind == "b" else kind.type(rng.randrange(99), *_unit(kind))
    return made[::-1] if made.ndim == 1 and rng.random() < 0.5 else made


def _unit(kind: Any) -> tuple[str, ...]:
    return (numpy.datetime_data(kind)[0],) if kind.kind in "mM" else ()


def _frame(rng: random.Random) -> pandas.DataFrame:
    rows = rng.randrange(4)
    columns: dict[str, Any] = {
        "whole": [rng.randrange(99) for _ in range(rows)],
        "real": [rng.choice((0.5, float("nan"), float("inf"))) for _ in range(rows)],
        "text": [rng.choice(("a", "ä", None)) for _ in range(rows)],
        "when": pandas.to_datetime([f"2026-01-0{day + 1}" for day in range(rows)]),
        "maybe": pandas.array([rng.choice((1, None)) for _ in range(rows)], dtype="Int64"),
        "kind": pandas.Categorical([rng.choice("xy") for _ in range(rows)]),
    }
    made = pandas.DataFrame({name: columns[name] for name in rng.sample(sorted(columns), rng.randint(1, 6))})
    made.index = rng.choice((made.index, pandas.Index([f"row {n}" for n in range(rows)], name="rows")))
    return made


TABLES = (
    _array,
    _array,
    lambda rng: numpy.float64(rng.random()),
    lambda rng: numpy.array([(1, 2.0)], dtype=[("a", "i4"), ("b", ">f8")]),
    lambda rng: numpy.array([None, "text", 3], dtype=object),
    lambda rng: numpy.random.default_rng(rng.randrange(9)),
    _frame,
    lambda rng: _frame(rng).iloc[:, 0],
    lambda rng: pandas.MultiIndex.from_product([[1, 2], ["a"]], names=["n", None]),
    lambda rng: pandas.date_range("2026-01-01", periods=rng.randrange(4), tz=rng.choice((None, "UTC"))),
    lambda rng: pandas.Timestamp("2026-01-02", tz=rng.choice((None, "UTC"))),
    lambda rng: rng.choice((pandas.Timedelta(3, "s"), pandas.NaT, pandas.NA, pandas.Period("2026-01"))),
)


def text(value: Any) -> str | None:
    """Return all that a value of numpy or pandas is, None for another one."""
    if isinstance(value, numpy.ndarray):
        content = value.tolist() if value.dtype.hasobject else value.tobytes()
        return f"{value.dtype!r} {value.shape} {value.flags.fnc} {value.flags.writeable} {content!r}"
    if isinstance(value, numpy.random.Generator):
        return repr(value.bit_generator.state)
    if isinstance(value, pandas.DataFrame):
        return f"{value.dtypes} {value.to_dict('list')!r} {value.index!r}"
    if isinstance(value, pandas.Series):
        return f"{value.dtype} {value.name} {value.tolist()!r} {value.index!r}"
    return repr(value) if type(value).__module__.partition(".")[0] in ("numpy", "pandas") else None
