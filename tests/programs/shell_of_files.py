"""A small shell: cmd.Cmd over piped input with completion, shlex, dispatch by name, and its exit code."""

import cmd
import io
import os
import shlex
import sys
from pathlib import Path


class Shell(cmd.Cmd):
    prompt = "$ "
    intro = "files"
    status = 0

    def preloop(self):
        os.makedirs("root", exist_ok=True)

    def precmd(self, line):
        with open("history", "a") as history:
            history.write(line + "\n")
        return line.partition("#")[0].strip()

    def do_write(self, line):
        """write NAME TEXT..."""
        name, *words = shlex.split(line)
        Path("root", name).write_text(" ".join(words))

    def do_cat(self, line):
        for name in shlex.split(line):
            try:
                print(Path("root", name).read_text(), file=self.stdout)
            except OSError as error:
                self.status += 1
                print("cat:", error.strerror, file=sys.stderr)

    def do_ls(self, line):
        self.columnize(sorted(os.listdir("root")), displaywidth=20)

    def complete_cat(self, text, line, begin, end):
        return [name for name in sorted(os.listdir("root")) if name.startswith(text)]

    def do_quit(self, line):
        return True

    def postcmd(self, stop, line):
        if line.startswith("write"):
            self.do_ls("")
        return stop

    def emptyline(self):
        pass

    do_EOF = do_quit


script = io.StringIO("write one 'a b'  # a note\nls\n\ncat one two\nnonsense\nhelp write\n")
shell = Shell(stdin=script)
shell.use_rawinput = False
shell.cmdloop()
print()
print(shell.complete_cat("o", "cat o", 4, 5), Path("history").read_text().splitlines()[-2:])
interactive = Shell()
interactive.cmdloop("again")
raise SystemExit(shell.status + interactive.status)
