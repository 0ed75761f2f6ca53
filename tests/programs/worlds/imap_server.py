"""An IMAP server of its own for each program, with what its clients here ask of RFC 3501 and 4315. Prints where it is."""

import re
import socketserver
import threading

GREETINGS = [("ann", "tea"), ("bob", "invoice 7"), ("cy", "lunch"), ("bob", "invoice 8"), ("dan", "old news")]
LOCK = threading.RLock()


class Message:
    def __init__(self, uid, data, flags=()):
        self.uid, self.data, self.flags = uid, data, set(flags)


class Box:
    def __init__(self, validity):
        self.validity, self.next, self.messages, self.seen_by = validity, 1, [], 0

    def add(self, data, flags=()):
        self.messages.append(Message(self.next, data, flags))
        self.next += 1
        return self.next - 1


BOXES = {"INBOX": Box(1)}
for number, (who, what) in enumerate(GREETINGS):
    BOXES["INBOX"].add(
        f"From: {who}@house\r\nSubject: {what}\r\n\r\n{'words ' * number}\r\n".encode(), ["\\Seen"] if number == 4 else []
    )


def words_of(line):
    """The words of a command: quoted, in parentheses, or plain."""
    return [a[1:-1] if a.startswith('"') else a for a in re.findall(r'"[^"]*"|\([^)]*\)|[^ ()]+', line)]


def numbers_of(text, last):
    for part in text.split(","):
        low, _, high = part.partition(":")
        ends = sorted(last if end == "*" else int(end) for end in (low, high or low))
        yield from range(ends[0], ends[1] + 1)


class Session(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        self.box, self.seen, self.is_in, self.read_only = None, [], False, False
        self.say("* OK house ready")
        while line := self.rfile.readline().decode().rstrip("\r\n"):
            self.literal = b""
            if found := re.search(r"\{(\d+)\}$", line):
                self.say("+ go on")
                self.literal = self.rfile.read(int(found[1]))
                self.rfile.readline()
                line = line[: found.start()]
            tag, word, *args = words_of(line)
            word = word.upper()
            is_uid = word == "UID"
            if is_uid:
                word, *args = args
                word = word.upper()
            if word == "LOGOUT":
                self.say("* BYE come again")
            with LOCK:
                answer = getattr(self, f"do_{word.lower()}", self.unknown)(args, is_uid) if self.may(word) else "NO first log in"
                if word in ("NOOP", "APPEND", "EXPUNGE", "COPY"):
                    self.tell_size()
            self.say(f"{tag} {answer or f'OK {word} done'}")
            if word == "LOGOUT":
                return

    def may(self, word):
        return self.is_in or word in ("LOGIN", "CAPABILITY", "LOGOUT", "NOOP")

    def unknown(self, args, is_uid):
        return "BAD what?"

    def tell_size(self):
        if self.box is not None and len(self.box.messages) > len(self.seen):
            self.seen = list(self.box.messages)
            self.say(f"* {len(self.seen)} EXISTS")

    def do_capability(self, args, is_uid):
        self.say("* CAPABILITY IMAP4rev1 UIDPLUS")

    def do_noop(self, args, is_uid):
        pass

    do_logout = do_check = do_noop

    def do_login(self, args, is_uid):
        self.is_in = args == ["ann", "tea"]
        return None if self.is_in else "NO wrong password"

    def do_list(self, args, is_uid):
        for name in sorted(BOXES):
            self.say(f'* LIST () "/" "{name}"')

    def do_status(self, args, is_uid):
        if args[0] not in BOXES:
            return "NO no such mailbox"
        box = BOXES[args[0]]
        facts = {
            "MESSAGES": len(box.messages), "UIDNEXT": box.next, "UIDVALIDITY": box.validity,
            "UNSEEN": sum("\\Seen" not in message.flags for message in box.messages),
        }
        self.say(f'* STATUS "{args[0]}" ({" ".join(f"{name} {facts[name]}" for name in args[1][1:-1].split())})')

    def do_select(self, args, is_uid, read_only=False):
        self.box, self.seen, self.read_only = BOXES.get(args[0]), [], read_only
        if self.box is None:
            return "NO no such mailbox"
        self.seen = list(self.box.messages)
        self.say(f"* {len(self.seen)} EXISTS")
        self.say(f"* {len(self.seen) - self.box.seen_by} RECENT")
        self.say(f"* OK [UIDVALIDITY {self.box.validity}] UIDs valid")
        self.box.seen_by = len(self.seen)
        return f"OK [READ-{'ONLY' if read_only else 'WRITE'}] done"

    def do_examine(self, args, is_uid):
        return self.do_select(args, is_uid, read_only=True)

    def do_create(self, args, is_uid):
        if args[0] in BOXES:
            return "NO it is there"
        BOXES[args[0]] = Box(100 + len(BOXES))

    def do_delete(self, args, is_uid):
        return None if BOXES.pop(args[0], None) else "NO no such mailbox"

    def do_rename(self, args, is_uid):
        if args[0] not in BOXES or args[1] in BOXES:
            return "NO it cannot be"
        BOXES[args[1]] = BOXES.pop(args[0])

    def do_append(self, args, is_uid):
        if args[0] not in BOXES:
            return "NO [TRYCREATE] no such mailbox"
        flags = [flag for arg in args[1:] if arg.startswith("(") for flag in arg[1:-1].split()]
        uid = BOXES[args[0]].add(self.literal, flags)
        return f"OK [APPENDUID {BOXES[args[0]].validity} {uid}] APPEND done"

    def chosen(self, text, is_uid):
        last = max((m.uid for m in self.seen), default=0) if is_uid else len(self.seen)
        wanted = set(numbers_of(text, last))
        return [(n, m) for n, m in enumerate(self.seen, 1) if (m.uid if is_uid else n) in wanted]

    def do_search(self, args, is_uid):
        found = list(enumerate(self.seen, 1))
        while args:
            key, *args = args
            key = key.upper()
            if key in ("FROM", "SUBJECT"):
                value, *args = args
                found = [(n, m) for n, m in found if re.search(f"{key}: .*{re.escape(value)}".encode(), m.data, re.I)]
            elif key == "UID":
                value, *args = args
                wanted = set(numbers_of(value, self.box.next - 1))
                found = [(n, m) for n, m in found if m.uid in wanted]
            elif key != "ALL":
                flag = f"\\{key.removeprefix('UN').capitalize()}"
                found = [(n, m) for n, m in found if (flag in m.flags) != key.startswith("UN")]
        self.say(" ".join(["* SEARCH", *(str(m.uid if is_uid else n) for n, m in found)]))

    def do_fetch(self, args, is_uid):
        for number, message in self.chosen(args[0], is_uid):
            parts, data = [f"UID {message.uid}"] if is_uid else [], None
            asked = args[1].upper()
            if "PEEK" not in asked and ("BODY[" in asked or "RFC822" in asked) and not self.read_only:
                message.flags.add("\\Seen")
            if "UID" in asked and not is_uid:
                parts.append(f"UID {message.uid}")
            if "FLAGS" in asked:
                parts.append(f"FLAGS ({' '.join(sorted(message.flags))})")
            if "BODY" in asked or "RFC822" in asked:
                head = message.data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
                data = head if "HEADER" in asked else message.data
                parts.append(f"BODY[] {{{len(data)}}}")
            self.wfile.write(f"* {number} FETCH ({' '.join(parts)}".encode())
            self.wfile.write((b"\r\n" + data if data is not None else b"") + b")\r\n")

    def do_store(self, args, is_uid):
        flags = set(args[2].strip("()").split())
        for number, message in self.chosen(args[0], is_uid):
            sign = args[1][0]
            message.flags = message.flags | flags if sign == "+" else message.flags - flags if sign == "-" else flags
            self.say(f"* {number} FETCH (FLAGS ({' '.join(sorted(message.flags))}))")

    def do_copy(self, args, is_uid):
        if args[1] not in BOXES:
            return "NO [TRYCREATE] no such mailbox"
        for _, message in self.chosen(args[0], is_uid):
            BOXES[args[1]].add(message.data, message.flags)

    def do_expunge(self, args, is_uid):
        for message in [message for message in self.seen if "\\Deleted" in message.flags]:
            self.say(f"* {self.seen.index(message) + 1} EXPUNGE")
            self.seen.remove(message)
            if message in self.box.messages:
                self.box.messages.remove(message)

    def do_close(self, args, is_uid):
        self.box.messages[:] = [message for message in self.box.messages if "\\Deleted" not in message.flags]
        self.box, self.seen = None, []


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Session) as server:
    print(f"IMAP_PORT={server.server_address[1]}", flush=True)
    server.serve_forever()
