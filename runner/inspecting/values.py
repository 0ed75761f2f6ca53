"""Values to short text for people: secrets masked, big ones cut, never an effect and never an error."""

from __future__ import annotations

import builtins
import re
import reprlib
import types
from typing import Any

from durable.runner.codec.secrets import Secrets

_TELLING = re.compile(
    r"(^|_)(password|passwd|passphrase|secret|secret_?key|api_?key|access_?key|private_?key|auth_?token|access_?token|"
    r"refresh_?token|bearer_?token|api_?token|credentials)$",
    re.IGNORECASE,
)
_MASK = "'<secret>'"
_LONGEST = 400
_SHORTEST_SECRET = 4
_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


class Shown(reprlib.Repr):
    """`repr` for people. `secrets` are texts that are masked wherever they occur (a password that was typed in)."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdeque = self.maxarray = 20
        self.maxdict = 20
        self.maxstring = self.maxother = _LONGEST
        self.maxlong = 100
        self.secrets: list[str] = []
        self._environment = Secrets()

    def text(self, value: Any) -> str:
        """Return the shortened repr of `value`, whatever its class does. To be called within `looking`."""
        try:
            return self.repr(value)
        except BaseException as error:
            return f"<{type(value).__name__}: its repr raised {type(error).__name__}>"

    def local(self, name: str, value: Any) -> str:
        """Return the text of a variable called `name`."""
        if _is_telling(name) and isinstance(value, str | bytes) and value:
            return _MASK
        return self.text(value)

    def repr_str(self, x: str, level: int) -> str:
        if x in self.secrets:
            return _MASK
        return super().repr_str(self.masked(x), level)

    def repr_bytes(self, x: bytes, level: int) -> str:
        masked = self.masked(x.decode("latin-1")).encode("latin-1", "replace")
        return _cut(builtins.repr(masked), self.maxstring)

    def repr_dict(self, x: Any, level: int) -> str:
        masked = {key: _Mask() if isinstance(key, str) and _is_telling(key) and x[key] else x[key] for key in x}
        return super().repr_dict(masked, level)

    def repr__Environ(self, x: Any, level: int) -> str:
        return f"<environment of {len(x)} variables>"

    def repr_instance(self, x: Any, level: int) -> str:
        return _cut(self.masked(builtins.repr(x)), self.maxother)

    def masked(self, text: str) -> str:
        """Return `text` with the values of secret variables of the environment replaced by their names."""
        tagged = self._environment.tagged(text)
        if tagged is not None:
            text = "".join(part if isinstance(part, str) else f"<{part[0]}>" for part in tagged["v"])
        for secret in self.secrets:
            if len(secret) >= _SHORTEST_SECRET:
                text = text.replace(secret, "<secret>")
        return text


class _Mask:
    def __repr__(self) -> str:
        return _MASK


def _is_telling(name: str) -> bool:
    return _TELLING.search(name) is not None


def _cut(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    return f"{text[: size - 13 - size // 4]}... {text[-(size // 4) :]}"


def data_of(frame: types.FrameType) -> dict[str, Any]:
    """Return a frame's variables without what is only code: modules, and at module level functions and classes."""
    names = frame.f_locals
    is_module = frame.f_code.co_name == "<module>"
    hidden = _CODE if is_module else (types.ModuleType,)
    return {
        name: value
        for name, value in names.items()
        if not name.startswith(("__", ".")) and not isinstance(value, hidden) and not _is_import(value, is_module)
    }


def _is_import(value: Any, is_module: bool) -> bool:
    """Say whether a module's name stands for an imported callable or special form (`Any`, `partial`)."""
    if not is_module:
        return False
    return type(value).__module__ in ("typing", "functools") or (callable(value) and hasattr(value, "__wrapped__"))
