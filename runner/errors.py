"""durable's own errors; an exception of the program is never one of these.

DurableError                  a message for the user, with an exit code
  UsageError            (2)   wrong usage
  RefusedProgram        (3)   diagnostics say why
  UnknownRun            (4)
  Misfit                (5)   journal and code do not fit
  JournalError          (1)   the journal cannot be used: corrupt, locked, of another format, disk full
  UnsafeRecord          (1)   a record is damaged or names something that may not be loaded; nothing of it was called
  EngineError           (1)   a server is away or answered with an error
StopRun (BaseException)       ends a strand and cannot be caught by `except Exception`
  UnstorableResult            a step's result can neither be stored nor be a resource
  ResourceLost                a resource cannot be opened again after a crash
  NotRoutable                 a step that a policy sends to another worker needs what only the run's has
  StepInDoubt                 a step was in flight at a crash and its policy says "fail"
  RefusedCall                 the program called what cannot mean the same in a run
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from durable.runner.core.call import Site
    from durable.runner.engines.replay import Entry


class DurableError(Exception):
    """A failure of durable itself; `str()` is the message for the user."""

    exit_code = 1


class UsageError(DurableError):
    exit_code = 2


class RefusedProgram(DurableError):
    exit_code = 3


class UnknownRun(DurableError):
    exit_code = 4


class Misfit(DurableError):
    """`entry` is the recorded line that does not fit, `asked` where the program stands, if these are known."""

    exit_code = 5

    def __init__(self, message: str, entry: Entry | None = None, asked: Site | None = None) -> None:
        super().__init__(message)
        self.entry = entry
        self.asked = asked


class JournalError(DurableError):
    pass


class UnsafeRecord(DurableError):
    pass


class EngineError(DurableError):
    pass


class StopRun(BaseException):
    """Ends the run as failed; derives from BaseException so that the program's `except Exception` does not hide it."""

    exit_code = 1


class UnstorableResult(StopRun):
    pass


class ResourceLost(StopRun):
    pass


class NotRoutable(StopRun):
    pass


class StepInDoubt(StopRun):
    pass


class RefusedCall(StopRun):
    exit_code = 3

    def __init__(self, callee: str, site: Site, fix: str) -> None:
        super().__init__(f"{site.file}:{site.line}: {callee} is refused in a durable run; {fix}")


class EffectOutsideStep(BaseException):
    """Raised by the guard before an effect happens outside a step; the engine learns the site and replays."""

    def __init__(self, site: Site, effect: str) -> None:
        super().__init__(f"{site.file}:{site.line}: {effect} was attempted outside a step")
        self.site = site
        self.effect = effect
