"""Which audit events (PEP 578) are effects, and which C function of Python raises each.

An effect is contact with the world outside the program. Not effects: what the interpreter says of itself (`compile`,
`exec`, `import`, `object.__getattr__`, `marshal.*`, `sys.*`, `gc.*`, `ctypes.*` but for the loading of a library), the
environment of the own process (`os.putenv`: a run has a copy of its own), and the machine's name (`socket.gethostname`:
ambient).
"""

from __future__ import annotations

OPENS = frozenset({"open", "socket.__new__", "sqlite3.connect", "mmap.__new__", "ctypes.dlopen"})
LOOKS = frozenset(
    """os.listdir os.scandir os.walk os.fwalk os.getxattr os.listxattr glob.glob glob.glob/2 pathlib.Path.glob
    pathlib.Path.rglob socket.getaddrinfo socket.gethostbyaddr socket.gethostbyname socket.getnameinfo
    socket.getservbyname socket.getservbyport sqlite3.connect/handle""".split()
)
CHANGES = frozenset(
    """ftplib.connect ftplib.sendcmd fcntl.fcntl fcntl.flock fcntl.ioctl fcntl.lockf http.client.connect
    http.client.send imaplib.open imaplib.send nntplib.connect nntplib.putline os.chdir os.chflags os.chmod os.chown
    os.exec os.fchdir os.fork os.forkpty os.kill os.killpg os.link os.lockf os.mkdir os.posix_spawn os.remove
    os.removexattr os.rename os.rmdir os.setxattr os.spawn os.startfile os.symlink os.system os.truncate os.utime
    poplib.connect poplib.putline pty.spawn resource.prlimit resource.setrlimit shutil.chown shutil.copyfile
    shutil.copymode shutil.copystat shutil.copytree shutil.make_archive shutil.move shutil.rmtree
    shutil.unpack_archive signal.pthread_kill smtplib.connect smtplib.send socket.bind socket.connect socket.sendmsg
    socket.sendto socket.sethostname sqlite3.enable_load_extension sqlite3.load_extension subprocess.Popen
    syslog.closelog syslog.openlog syslog.setlogmask syslog.syslog telnetlib.Telnet.open telnetlib.Telnet.write
    tempfile.mkdtemp tempfile.mkstemp urllib.Request webbrowser.open""".split()
)
# Part of them: something is sent to a server, which may be a question.
PROTOCOLS = frozenset(
    """ftplib.connect ftplib.sendcmd http.client.connect http.client.send imaplib.open imaplib.send nntplib.connect
    nntplib.putline poplib.connect poplib.putline smtplib.connect smtplib.send socket.connect socket.sendmsg
    socket.sendto telnetlib.Telnet.open telnetlib.Telnet.write urllib.Request""".split()
)
EFFECTS = OPENS | LOOKS | CHANGES

# The callables in C that raise an event, where the event is not called as they are.
RAISED_BY = {
    "open": ("builtins.open", "io.open", "io.open_code", "os.open", "io.FileIO"),
    "socket.__new__": ("socket.socket",),
    "socket.bind": ("socket.socket.bind",),
    "socket.connect": ("socket.socket.connect", "socket.socket.connect_ex"),
    "socket.sendmsg": ("socket.socket.sendmsg",),
    "socket.sendto": ("socket.socket.sendto",),
    "mmap.__new__": ("mmap.mmap",),
    "ctypes.dlopen": ("ctypes.CDLL",),
    "os.exec": ("os.execv", "os.execve"),
    "os.rename": ("os.rename", "os.replace"),
    "os.remove": ("os.remove", "os.unlink"),
    "os.chown": ("os.chown", "os.lchown", "os.fchown"),
    "os.truncate": ("os.truncate", "os.ftruncate"),
    "sqlite3.connect/handle": ("sqlite3.connect",),
    "sqlite3.enable_load_extension": ("sqlite3.Connection.enable_load_extension",),
    "sqlite3.load_extension": ("sqlite3.Connection.load_extension",),
}


def writes(event: str, args: tuple[object, ...]) -> bool:
    """Whether an event is more than a look: a file opened for reading, a list of names, an address looked up."""
    if event == "open":
        mode = args[1] if len(args) > 1 else "r"
        flags = args[2] if len(args) > 2 else 0
        by_mode = isinstance(mode, str) and bool(set(mode) & set("wax+"))
        return by_mode or (not isinstance(mode, str) and isinstance(flags, int) and bool(flags & 0o3))
    return event not in LOOKS and event not in OPENS
