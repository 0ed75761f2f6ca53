"""Runs in the process that is measured: notes each effect event with its chain, and every public callable called."""

from __future__ import annotations

import sys
import threading
import types
from collections import Counter
from dataclasses import dataclass, field

from effects import events
from effects.frames import Frames

Key = tuple[str, bool, tuple[str, ...], str]


@dataclass
class Notes:
    """What was seen: `events` counts (event, whether it writes, chain, leaf in C); `called` are public callables."""

    events: Counter[Key] = field(default_factory=Counter)
    examples: dict[Key, str] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    machinery: int = 0
    finalizers: int = 0


class _Here(threading.local):
    """Of one thread: the function in C that is running, and whether the catalogue is being asked (it opens files)."""

    leaf = ""
    is_asking = False


class Watch:
    """Audit hook and profile function; one a process, since an audit hook cannot be taken back."""

    def __init__(self, frames: Frames) -> None:
        self.notes = Notes()
        self._frames = frames
        self._codes: set[types.CodeType] = set()
        self._here = _Here()
        self._is_on = False

        sys.addaudithook(self._audit)

    def resume(self) -> None:
        """Watch this thread and those started from now on."""
        self._is_on = True
        threading.setprofile(self._profile)
        sys.setprofile(self._profile)

    def stop(self) -> None:
        """Take the profile function back; events are let go by."""
        self._is_on = False
        sys.setprofile(None)
        threading.setprofile(None)

    def _audit(self, event: str, args: tuple[object, ...]) -> None:
        if event not in events.EFFECTS or not self._is_on or self._here.is_asking:
            return
        leaf = self._here.leaf
        self._here.is_asking = True
        chain = self._frames.chain(sys._getframe(1))
        self._here.is_asking = False
        if chain.is_machinery:
            self.notes.machinery += 1
            return
        if chain.is_finalizer and not chain.names:
            self.notes.finalizers += 1
            return
        key = (event, events.writes(event, args), chain.names, leaf)
        self.notes.events[key] += 1
        if key not in self.notes.examples:
            self.notes.examples[key] = ", ".join(_shown(arg) for arg in args[:3])

    def _profile(self, frame: types.FrameType, event: str, arg: object) -> None:
        if event == "c_call":
            name = _c_name(arg)
            self._here.leaf = name
            self.notes.called.add(name)
            return
        self._here.leaf = ""
        if event == "call" and frame.f_code not in self._codes:
            self._codes.add(frame.f_code)
            self._here.is_asking = True
            found = self._frames.name(frame)
            self._here.is_asking = False
            if found is not None:
                self.notes.called.add(found)


def _c_name(function: object) -> str:
    """`os.listdir`, `_socket.socket.bind`: module and name of a function in C, of a method with its class."""
    owner = getattr(function, "__self__", None)
    name = getattr(function, "__qualname__", "")
    if owner is None or isinstance(owner, types.ModuleType):
        return f"{getattr(function, '__module__', None)}.{name}"
    cls = owner if isinstance(owner, type) else type(owner)
    return f"{cls.__module__}.{name}"


def _shown(arg: object) -> str:
    return repr(arg)[:60] if isinstance(arg, str | bytes | int | tuple | None) else type(arg).__name__
