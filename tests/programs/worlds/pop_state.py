"""Prints what is left on the POP3 server of the environment."""

import os
import poplib

box = poplib.POP3("127.0.0.1", int(os.environ["POP_PORT"]))
for line in box._longcmd("XSTATE")[1]:
    print(line.decode())
