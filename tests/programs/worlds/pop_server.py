"""A POP3 server of its own for each program: deletions hold from QUIT on, as RFC 1939 says. Prints where it is.

`XSTATE` prints the maildrop as it is, whoever is logged in.
"""

import socketserver

MAIL = [
    (f"uid-{n}", f"From: {who}@house\r\nSubject: {what}\r\n\r\n{body}".encode())
    for n, (who, what, body) in enumerate(
        [
            ("ann", "tea", "It is ready.\r\n.hidden dot\r\n"),
            ("spam", "WIN!!!", "Click.\r\n" * 40),
            ("bob", "keys", "On the hook.\r\n"),
            ("spam", "LAST CHANCE", "Click now.\r\n"),
            ("cy", "Grüße", "Bis morgen.\r\n" * 20),
        ]
    )
]


class Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def many(self, lines):
        for line in lines:
            self.wfile.write((b"." if line.startswith(b".") else b"") + line + b"\r\n")
        self.wfile.write(b".\r\n")

    def handle(self):
        self.mail, self.gone, user, is_in = list(MAIL), set(), "", False
        self.say("+OK house ready")
        while line := self.rfile.readline():
            word, *args = line.decode().split()
            word = word.upper()
            if word == "USER":
                user = args[0]
                self.say("+OK and the password?")
            elif word == "PASS":
                is_in = (user, args[0]) == ("ann", "tea")
                self.say(f"+OK {len(self.mail)} messages" if is_in else "-ERR no")
            elif word == "XSTATE":
                self.say("+OK")
                self.many([f"{uid} {data!r}".encode() for uid, data in MAIL])
            elif word == "QUIT":
                MAIL[:] = [item for item in MAIL if item[0] not in self.gone]
                self.say(f"+OK {len(MAIL)} left")
                return
            elif not is_in:
                self.say("-ERR log in first")
            else:
                self.transact(word, args)

    def transact(self, word, args):
        here = {n: item for n, item in enumerate(self.mail, 1) if item[0] not in self.gone}
        number = int(args[0]) if args else None
        if word == "STAT":
            self.say(f"+OK {len(here)} {sum(len(data) for _, data in here.values())}")
        elif word == "NOOP":
            self.say("+OK")
        elif word == "RSET":
            self.gone.clear()
            self.say("+OK all are back")
        elif number is not None and number not in here:
            self.say("-ERR no such message")
        elif word in ("LIST", "UIDL"):
            facts = {n: len(data) if word == "LIST" else uid for n, (uid, data) in here.items()}
            if number is not None:
                self.say(f"+OK {number} {facts[number]}")
            else:
                self.say("+OK")
                self.many([f"{n} {fact}".encode() for n, fact in facts.items()])
        elif word in ("RETR", "TOP"):
            self.say("+OK here it is")
            head, _, body = here[number][1].partition(b"\r\n\r\n")
            lines = body.split(b"\r\n")[:-1]
            self.many([*head.split(b"\r\n"), b"", *(lines[: int(args[1])] if word == "TOP" else lines)])
        elif word == "DELE":
            self.gone.add(here[number][0])
            self.say(f"+OK message {number} will go")
        else:
            self.say("-ERR what?")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Session) as server:
    print(f"POP_PORT={server.server_address[1]}", flush=True)
    server.serve_forever()
