"""The operating system in a run: every function that touches the world is a step, at the leaves.

`os.path`, `pathlib`, `glob`, `shutil` and the like work through these leaves. What is the same in a process (its
number, its user) is recorded once. The environment is the run's own copy (see `_environ`), as are the working directory
and the mask (`_process`) and the table of descriptors (`_raw_fds`).
"""

from __future__ import annotations

import functools
import genericpath
import operator
import os as _real
import posixpath
from collections.abc import Callable
from typing import Any, NoReturn

from durable.runner import context
from durable.stdlib_shims import _environ, _listings, _machinery, _probes, _process, _raw_fds, _scandir
from durable.stdlib_shims._descriptors import table_of
from durable.stdlib_shims._entropy import getrandom, urandom
from durable.stdlib_shims._inline import mark
from durable.stdlib_shims._leaf import constant
from durable.stdlib_shims._machinery import is_machinery
from durable.stdlib_shims._processes import child_of, is_of_run, processes_of
from durable.stdlib_shims._refused import refuse_all

_READ = (
    "listdir stat lstat fstat statvfs fstatvfs access readlink getxattr listxattr pathconf fpathconf ttyname pread "
    "getlogin getgroups getresuid getresgid getpgid getsid getpriority getloadavg times uname get_terminal_size "
    "sched_getaffinity sched_getparam sched_getscheduler get_blocking get_inheritable tcgetpgrp getgrouplist"
).split()
_REPEATABLE = (
    "chmod lchmod chown lchown fchmod fchown truncate ftruncate utime setxattr pwrite fsync "
    "fdatasync sync set_blocking set_inheritable posix_fallocate posix_fadvise setpriority"
).split()
_WRITE = (
    "mkfifo mknod chroot kill killpg nice posix_spawn posix_spawnp spawnl spawnle spawnlp spawnlpe spawnv "
    "spawnve spawnvp spawnvpe wait wait3 wait4 waitpid waitid lockf sendfile copy_file_range dup2 closerange "
    "removexattr eventfd memfd_create pidfd_open setsid setpgid setuid setgid seteuid setegid setreuid setregid "
    "setgroups initgroups sched_setaffinity"
).split()
_PROBED: dict[str, Callable[..., Any]] = {
    "mkdir": _probes.made,
    "makedirs": _probes.made,
    "remove": _probes.removed,
    "unlink": _probes.removed,
    "rmdir": _probes.removed,
    "removedirs": _probes.pruned,
    "rename": _probes.renamed,
    "replace": _probes.renamed,
    "renames": _probes.renamed_and_pruned,
    "symlink": _probes.made_second,
    "link": _probes.made_second,
}
_CONSTANT = "getpid getppid getuid geteuid getgid getegid getpgrp cpu_count".split()
_PATHS = (
    "exists lexists isfile isdir islink ismount getsize getmtime getatime getctime samefile sameopenfile realpath"
).split()


_OURS: dict[str, Callable[..., Any]] = {"listdir": _listings.listdir}
"""Functions that are asked in the place of the real ones."""


def _leaf(real: Callable[..., Any], effect: str, callee: str, probe: Callable[..., Any] | None) -> Callable[..., Any]:
    @functools.wraps(real)
    def dispatch(*args: Any, **kwargs: Any) -> Any:
        run = context.current()
        if run is None:
            return real(*args, **kwargs)
        if effect == "read" and is_machinery(_machinery.caller()):
            return context.unrecorded(real, *args, **kwargs)
        looked = None
        if probe is not None:
            try:
                looked = probe(*args, **kwargs)
            except (TypeError, ValueError):  # nothing can be looked at; the real function says what is wrong
                looked = None
        function = table_of(run).calling(real) if table_of(run).by_number else real
        return run.step(function, *args, effect=effect, callee=callee, probe=looked, **kwargs)

    return dispatch


def _leaves() -> dict[str, Callable[..., Any]]:
    made: dict[str, Callable[..., Any]] = {}
    for names, effect, probe in (
        (_READ, "read", None),
        (_REPEATABLE, "write", _probes.repeat),
        (_WRITE, "write", None),
    ):
        for name in names:
            if hasattr(_real, name):
                made[name] = _leaf(_OURS[name] if name in _OURS else getattr(_real, name), effect, f"os.{name}", probe)
    for name, looking in _PROBED.items():
        made[name] = _leaf(getattr(_real, name), "write", f"os.{name}", looking)
    for name in _CONSTANT:
        made[name] = constant(getattr(_real, name), f"os.{name}")
    for name in "getcwd getcwdb chdir fchdir umask".split():
        made[name] = getattr(_process, name)
    for name in "open close read write lseek isatty pipe pipe2 dup fdopen".split():
        made[name] = getattr(_raw_fds, name)
    return made


_REFUSED = ("fork", "forkpty", "abort", "execv", "execve")
_real_exit = _real._exit
_scan, _kill, _system, _at_fork = _listings.scandir, _real.kill, _real.system, _real.register_at_fork
_AT_FORK = frozenset({"before", "after_in_child", "after_in_parent"})
_functions = _leaves()
_paths = {name: _leaf(getattr(posixpath, name), "read", f"os.path.{name}", None) for name in _PATHS}


@functools.wraps(_real.scandir)
def scandir(path: Any = None) -> Any:
    run = context.current()
    if run is None or is_machinery(_machinery.caller()):
        return _scan(path)
    return _scandir.scan(run, table_of(run).calling(_scandir.look), path)


@functools.wraps(_kill)
def kill(pid: int, signal: int, /) -> None:
    run = context.current()
    if run is None:
        _kill(pid, signal)
    elif pid == _functions["getpid"]():
        from durable.stdlib_shims.signal import raise_signal

        raise_signal(signal)
    elif run.memories is not None and is_of_run(run, pid):
        from durable.stdlib_shims.signal import send

        send(run, child_of(run, pid), signal)
    else:
        run.step(_kill, pid, signal, effect="write", callee="os.kill")


@functools.wraps(_real_exit)
def _exit(status: int) -> NoReturn:
    run = context.current()
    if run is None:
        _real_exit(status)
    processes_of(run).leave_now(operator.index(status) & 0xFF)


@functools.wraps(_at_fork)
def register_at_fork(**callbacks: Any) -> None:
    is_right = callbacks and callbacks.keys() <= _AT_FORK and all(map(callable, callbacks.values()))
    if context.current() is None or not is_right:
        _at_fork(**callbacks)  # in a run it raises: what is right is registered for nothing, for a run does not fork


@functools.wraps(_system)
def system(command: Any) -> int:
    run = context.current()
    if run is None:
        return _system(command)
    from durable.stdlib_shims.subprocess import call

    code = call(command, shell=True)
    return int(code << 8 if code >= 0 else -code)


_functions.update(urandom=urandom, getrandom=getrandom, scandir=scandir, kill=kill, system=system)
_functions.update(register_at_fork=register_at_fork, _exit=_exit)
globals().update(_functions)


def __getattr__(name: str) -> Any:
    return getattr(_real, name)


def __dir__() -> list[str]:
    return dir(_real)


def install() -> None:
    """Make the real module, and `os.path`, serve runs."""
    module: Any = _real
    if module.scandir is scandir:
        return
    for supported in (_real.supports_fd, _real.supports_dir_fd, _real.supports_follow_symlinks):
        names = [name for name, function in _functions.items() if getattr(_real, name) in supported]
        supported.update(_functions[name] for name in names)
    for name, function in _functions.items():
        setattr(module, name, function)
    for name, function in _paths.items():
        setattr(posixpath, name, function)
        if hasattr(genericpath, name):
            setattr(genericpath, name, function)
    mark(module, ("walk", "fwalk", "popen"))
    refuse_all(module, _REFUSED)
    _environ.install()
