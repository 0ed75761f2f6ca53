"""Large values: kept beside the journal, the same after a crash, held in memory no more often than they must be."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
import pytest

from durable.runner.codec import Decoder, Encoder, Namespace, UnsafeRecord
from durable.runner.codec.blobs import LARGE
from durable.runner.errors import JournalError
from durable.runner.journal.blobs import FileBlobs

if TYPE_CHECKING:
    from tests.conftest import Project  # type: ignore[import-not-found]

BENCHMARKS = Path(__file__).resolve().parent.parent.parent / "benchmarks"
PROGRAM = """\
import hashlib
import os
import random

import numpy


def load():  # durable: step
    text = b"all work and no play " * 100_000
    raw = random.Random(7).randbytes(2_000_000)
    return {"packed": text, "again": text, "raw": raw, "rows": numpy.arange(400_000) / 7, "text": "äöü" * 700_000}


def double(buffer):  # durable: step
    buffer += bytes(buffer)
    return None


def said(value):
    return hashlib.sha256(value).hexdigest()


found = load()
os.mkdir("loaded")
with open("raw", "wb") as file:
    file.write(found["raw"])
buffer = bytearray(found["packed"])
before = buffer
double(buffer)
os.mkdir("doubled")
print(said(found["packed"]), found["packed"] == found["again"], said(found["rows"].tobytes()), found["rows"].sum())
print(len(buffer), said(buffer), before is buffer, said(found["text"].encode()))
print(said(found["raw"]) == said(open("raw", "rb").read()))
"""


def values() -> dict[str, Any]:
    rows = numpy.random.default_rng(1).random((400, 500))
    return {
        "packed bytes": b"many words " * 200_000,
        "raw bytes": os.urandom(LARGE + 1),
        "text": "rows and rows, Zeilen über Zeilen\udc80\n" * 40_000,
        "bytearray": bytearray(os.urandom(LARGE)),
        "array": rows,
        "columns first": numpy.asfortranarray(rows),
        "a view with gaps": numpy.random.default_rng(1).random((800, 500))[::2, ::-1],
        "moments": numpy.arange(200_000).astype("M8[s]"),
        "one axis": numpy.ones((1, LARGE, 1), "i1"),
    }


def coders(folder: Path) -> tuple[Encoder, Decoder]:
    blobs = FileBlobs(folder / "blobs" / "run")
    return (
        Encoder(Namespace({}), lambda value, where: None, blobs),
        Decoder(Namespace({}), lambda node: None, blobs),
    )


@pytest.mark.parametrize("name", values())
def test_a_large_value_comes_back_from_a_file_of_its_own(name: str, tmp_path: Path) -> None:
    encoder, decoder = coders(tmp_path)
    value = values()[name]
    record = encoder.text([value, "small", value])
    assert len(record) < 1000
    first, _, second = decoder.value(record)
    assert type(first) is type(value)
    if isinstance(value, numpy.ndarray):
        assert (first.dtype, first.shape, first.flags.fnc, first.flags.owndata) == (
            value.dtype,
            value.shape,
            value.flags.fnc,
            True,
        )
        assert numpy.array_equal(first, value)
        assert first.flags.writeable
    else:
        assert first == value
    assert (first is second) == (type(value) not in (bytes, str))
    assert len(list((tmp_path / "blobs" / "run").iterdir())) == 1


def test_what_packs_is_packed(tmp_path: Path) -> None:
    encoder, _ = coders(tmp_path)
    encoder.text(b"many words " * 200_000)
    assert sum(path.stat().st_size for path in (tmp_path / "blobs" / "run").iterdir()) < 100_000


def test_a_large_text_that_holds_a_secret_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_TOKEN", "swordfish-swordfish")
    encoder, decoder = coders(tmp_path)
    text = "many words " * 200_000 + "swordfish-swordfish"
    record = encoder.text([text])
    assert "swordfish" not in record
    assert not (tmp_path / "blobs").exists()
    assert decoder.value(record) == [text]


def test_a_file_that_is_damaged_or_gone_is_refused(tmp_path: Path) -> None:
    encoder, decoder = coders(tmp_path)
    record = encoder.text(os.urandom(LARGE))
    [path] = (tmp_path / "blobs" / "run").iterdir()
    good = path.read_bytes()
    for bad in (good[:-1], good + b"x", good[:100] + b"?" + good[101:], b"z" + good[1:], b""):
        path.write_bytes(bad)
        with pytest.raises(UnsafeRecord):
            decoder.value(record)
    path.unlink()
    with pytest.raises(UnsafeRecord):
        decoder.value(record)


@pytest.mark.parametrize(
    "node",
    [
        '{"$":"blob","c":"bytes","h":"../../key","n":32}',
        '{"$":"blob","c":"bytearray","h":"00","n":-1}',
        '{"$":"blob","c":"ndarray","v":["O",[8],"C"],"h":"00","n":64}',
        '{"$":"blob","c":"ndarray","v":["f8",[1000000000000],"C"],"h":"00","n":8}',
        '{"$":"blob","c":"list","h":"00","n":1}',
        '{"$":"blob"}',
    ],
)
def test_forged_mentions_are_refused(node: str, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(bytes(32))
    with pytest.raises(UnsafeRecord):
        coders(tmp_path)[1].value(node)
    with pytest.raises(UnsafeRecord):
        Decoder(Namespace({}), lambda found: None).value(node)


def test_a_place_that_cannot_be_written_is_no_error_of_the_program(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file")
    with pytest.raises(JournalError):
        coders(tmp_path)[0].text(bytes(LARGE))


def test_large_values_are_the_same_after_crashes(project: Project) -> None:
    project.write("p.py", PROGRAM)
    verified = project.durable("verify", "--kills", "6", "p.py")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    done = project.durable("run", "--id", "r", "p.py")
    assert done.returncode == 0, done.stderr
    assert project.durable("replay", "r").returncode == 0
    journal = (project.home / "journal.db").stat().st_size
    assert journal < 1_000_000, "large values are beside the journal, not in it"
    assert len(list((project.home / "blobs" / "r").iterdir())) >= 3
    kinds = [json.loads(line)["type"] for line in project.durable("export", "r").stdout.splitlines()]
    assert kinds.count("blob") == len(list((project.home / "blobs" / "r").iterdir()))
    assert project.durable("rm", "r").returncode == 0
    assert not (project.home / "blobs" / "r").exists()


@pytest.mark.parametrize(("kind", "way"), [("bytes", "result"), ("text", "result"), ("rows", "argument")])
def test_a_value_is_held_three_times_at_most(kind: str, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from memory import measured  # type: ignore[import-not-found]

    [row] = measured([30], [kind], [way])
    assert row.run <= 3, row
    assert row.replay <= 3, row
