"""Policy: options as the runtime takes them, and what is said of those that mean nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from durable.transpiler.options import BadOption, read_option
from durable.transpiler.pipeline import CompileOptions, compile_program
from durable.transpiler.policy import read_directive, read_policy


@pytest.mark.parametrize(
    ("key", "written", "value"),
    [
        ("retries", 3, 3),
        ("retries", "3", 3),
        ("timeout", "30s", 30.0),
        ("timeout", "1m30s", 90.0),
        ("timeout", "500ms", 0.5),
        ("timeout", "2.5", 2.5),
        ("timeout", 2, 2.0),
        ("backoff", "1h", 3600.0),
        ("in_doubt", "fail", "fail"),
        ("idempotency_header", "Idempotency-Key", "Idempotency-Key"),
    ],
)
def test_options(key: str, written: object, value: object) -> None:
    found = read_option(key, written)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("key", "written", "says"),
    [
        ("retrys", 3, "did you mean `retries`?"),
        ("retries", "many", "a whole number"),
        ("retries", -1, "a whole number"),
        ("retries", True, "a whole number"),
        ("timeout", "soon", "30s, 1m30s"),
        ("timeout", -1, "30s, 1m30s"),
        ("timeout", "", "30s, 1m30s"),
        ("in_doubt", "fial", "did you mean `fail`?"),
        ("in_doubt", "x", "use ask, fail, retry"),
        ("idempotency_header", "a b", "HTTP header"),
    ],
)
def test_bad_options(key: str, written: object, says: str) -> None:
    with pytest.raises(BadOption) as caught:
        read_option(key, written)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("wirte", "did you mean `write`?"),
        ("step timeot=3s", "did you mean `timeout`?"),
        ("step write", "`write` means nothing here"),
        ("retries=x", "a whole number"),
        ("", "says nothing"),
    ],
)
def test_bad_comments(text: str, says: str) -> None:
    assert says in read_directive(text).fault


def test_comments() -> None:
    assert read_directive("read retries=3 timeout=10s (vendor is slow)").options == (("retries", 3), ("timeout", 10.0))
    assert read_directive("ignore[endless-loop,shown-secret]").ignores == ("endless-loop", "shown-secret")


PYPROJECT = """\
[tool.durable.effects]
"requests.post" = "raed"

[tool.durable.steps."requests.get"]
retries = 2
timeuot = "3s"

[tool.durable.stps]
"""


def test_faults_of_pyproject_are_diagnostics(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    folder = tmp_path / "inside"
    folder.mkdir()
    (folder / "main.py").write_text("import requests\nrequests.get('x')\n")
    manifest = compile_program(folder / "main.py", CompileOptions(resolver="static")).manifest
    found = [(one["file"], one["line"], one["column"], one["message"]) for one in manifest["diagnostics"]]
    assert [place[:3] for place in found] == [
        ("../pyproject.toml", 8, 15),
        ("../pyproject.toml", 2, 2),
        ("../pyproject.toml", 6, 1),
    ]
    assert all("did you mean" in place[3] for place in found)
    assert manifest["steps"][0]["policy"] == {"retries": 2}


def test_more_specific_patterns_win(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.durable.steps."a.*"]\nretries = 1\ntimeout = 1\n[tool.durable.steps."a.b"]\nretries = 2\n'
    )
    policy = read_policy(tmp_path)
    assert dict(policy.options_of("a.b")) == {"retries": 2, "timeout": 1.0}
    assert dict(policy.options_of("a.c")) == {"retries": 1, "timeout": 1.0}
    assert policy.options_of("b") == ()
