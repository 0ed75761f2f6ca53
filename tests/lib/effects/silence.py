"""Why a callable that is marked read, write or open may never cause an audit event."""

from __future__ import annotations

import re

_OPENED = """
    aifc bz2 gzip lzma wave sunau zipfile tarfile shelve dbm mailbox http ftplib imaplib poplib nntplib smtplib
    telnetlib socket ssl socketserver asyncore smtpd xmlrpc urllib subprocess multiprocessing sqlite3 mmap select
    selectors tempfile ctypes wsgiref asyncio fileinput io""".split()

REASONS: tuple[tuple[str, str], ...] = (
    (
        "looks at a file's or a file system's state, or at an address, for which Python has no event",
        r"os\.(stat|lstat|fstat|statvfs|fstatvfs|access|readlink|getcwdb?|pathconf|fpathconf|isatty|ttyname"
        r"|DirEntry\..*|get_blocking|tcgetpgrp|sched_.*|getgrouplist|device_encoding)"
        r"|(os\.path|ntpath)\..*|pathlib\.Path\..*"
        r"|shutil\.(which|disk_usage)|gettext\..*|linecache\.checkcache|mimetypes\..*|locale\..*|ctypes\.util\..*"
        r"|zoneinfo\..*|sysconfig\..*|platform\..*|importlib\..*|tarfile\.data_filter|tarfile\.tar_filter"
        r"|distutils\..*|site\..*|filecmp\..*|netrc\..*|imghdr\..*|sndhdr\..*|pyclbr\..*|mailcap\.getcaps|glob\..*"
        r"|logging\..*|socket\.(has_dualstack_ipv6|getfqdn|if_.*|getprotobyname|gethostbyname_ex)",
    ),
    ("reads a package's data through the import system, whose events are left out", r"(pkgutil|zipimport)\..*"),
    ("asks the system's accounts, for which Python has no event", r"(pwd|grp|spwd|nis)\..*"),
    (
        "works on a descriptor, a terminal or a process that is there already, for which Python has no event",
        r"os\.(read|write|close|closerange|dup|dup2|pipe2?|lseek|fsync|fdatasync|sync|readv|writev|pread|preadv|pwrite"
        r"|pwritev|sendfile|splice|copy_file_range|openpty|login_tty|memfd_create|eventfd.*|pidfd_open|posix_f.*"
        r"|set_blocking|set_inheritable|tcsetpgrp|wait.*|nice|set.*|umask|chroot|mkfifo|mknod|initgroups|fdopen"
        r"|ftruncate)|termios\..*|tty\..*|pty\..*|fcntl\..*|readline\..*|curses\..*|syslog\..*|resource\..*"
        r"|faulthandler\..*",
    ),
    ("writes to standard output or error, which are open already", r"builtins\.print|sys\.(stdout|stderr)\..*"),
    (
        "opens, or works on, what was opened before or given by the caller: that opening raised the event",
        rf"({'|'.join(_OPENED)})\..*",
    ),
    (
        "was given objects in memory or made-up ones by these tests, or failed before it got to the world",
        r"(xml|shutil|webbrowser|readline|py_compile|compileall|venv|zipapp|ensurepip|runpy|pipes|profile|cProfile|pstats"
        r"|tracemalloc|turtle|tkinter|pydoc|uuid|crypt|random|secrets|winreg|msvcrt|codecs|os|argparse|pickle|cgi|email"
        r"|builtins|shlex|weakref|boto3|botocore|httpx|requests|aiohttp)\..*",
    ),
)


def reason(name: str) -> str:
    """The first reason that holds of a callable, "" if none does."""
    return next((text for text, pattern in REASONS if re.fullmatch(pattern, name)), "")
