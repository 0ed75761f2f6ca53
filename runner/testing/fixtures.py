"""Recorded effects as a text that people read, compare and commit: JSON lines, one for each thing that a run was given.

The first line says of what run. Then, in order: steps with their callee, place, call and outcome (a record of the
codec), timers that came due, prompts with their answers, values of the moment, signals. An answer to a prompt for a
secret is not in it, nor is any mention of it, nor are values of secret variables of the environment.
"""

from __future__ import annotations

import functools
import json
import os
import re
import types
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from durable.runner.core.call import Call, Site
from durable.runner.core.messages import AskPrompt, Perform, Request, StartTimer, site_of
from durable.runner.errors import UsageError
from durable.runner.inspecting.values import Shown

FORMAT = 1
SECRET = "<secret>"
_SHORTEST = 4
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
Line = dict[str, Any]


class Texts:
    """Describes requests as fixtures do; what a call's arguments are is told by their `repr`, without addresses."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._shown = Shown()
        self._shown.maxstring = self._shown.maxother = 2000

    def of(self, request: Request) -> Line:
        """Return what a fixture says of a request besides its answer."""
        line: Line = {}
        if isinstance(request, Perform):
            line = {
                "step": request.call.site.callee,
                **self._place(request.call.site),
                "call": self._call(request.call),
            }
            line |= {"strand": request.call.strand} if request.call.strand != "MainThread" else {}
        elif isinstance(request, StartTimer):
            line = {"timer": round(request.seconds, 6), **self._place(site_of(request))}
        elif isinstance(request, AskPrompt):
            line = {"prompt": request.text, "kind": request.kind, **self._place(site_of(request))}
        return line

    def _place(self, site: Site | None) -> Line:
        if site is None or not site.file:
            return {}
        return {"at": f"{os.path.relpath(site.file, self._folder)}:{site.line}", "in": site.function}

    def _call(self, call: Call) -> str:
        given = [self._shown.text(value) for value in call.args]
        given += [f"{key}={self._shown.local(key, value)}" for key, value in call.kwargs.items()]
        return _ADDRESS.sub("", f"{call.site.callee}({', '.join(given)}){self._receiver(call.fn)}")

    def _receiver(self, fn: Any) -> str:
        """Return " of " and the object whose method is called, where that says more than its class."""
        while isinstance(fn, functools.partial):
            fn = fn.func
        owner = getattr(fn, "__self__", None)
        if isinstance(owner, types.ModuleType | type | None) or type(owner).__module__.startswith("durable."):
            return ""
        text = _ADDRESS.sub("", self._shown.text(owner))
        return "" if text.endswith(" object>") else f" of {text}"


def write(path: Path, lines: Iterable[Line], secrets: Iterable[str]) -> None:
    """Write a fixture for its owner only, with each mention of one of `secrets` replaced. Raise UsageError."""
    hidden = sorted((secret for secret in secrets if len(secret) >= _SHORTEST), key=len, reverse=True)
    text = "".join(_hide(_dumped(line), hidden) + "\n" for line in lines)
    fresh = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def _hide(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        for form in {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}:
            text = text.replace(form, SECRET)
    return text


def _dumped(line: Line) -> str:
    text = json.dumps(line, ensure_ascii=False, separators=(", ", ": "))
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        text = json.dumps(line, separators=(", ", ": "))
    return text


def read(path: Path) -> tuple[Line, list[Line]]:
    """Return the first line of a fixture, and the others. Raise UsageError."""
    try:
        lines = list(_parsed(path))
    except OSError as error:
        raise UsageError(f"the fixture {path} cannot be read: {error.strerror}") from error
    if not lines or lines[0].get("durable") != FORMAT:
        raise UsageError(f"{path} is no fixture of `durable record`, or one of another version")
    return lines[0], lines[1:]


def _parsed(path: Path) -> Iterator[Line]:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            raise UsageError(f"{path}:{number}: {error}") from None
        if not isinstance(line, dict):
            raise UsageError(f"{path}:{number}: a line of a fixture is a JSON object")
        yield {**line, "line": number}


def payload(value: Any) -> str:
    """Return the text of a record, as the codec writes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
