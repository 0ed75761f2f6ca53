"""Classes of the standard library under the names that a program imports them by."""

from io import BufferedRandom, BufferedReader, BufferedWriter, BytesIO, TextIOWrapper
from signal import SIGINT, Signals

print(Signals(2) is SIGINT, Signals.SIGTERM.name, [each.value for each in Signals][:2])
print(BufferedReader(BytesIO(b"one\ntwo\n")).readline(), TextIOWrapper(BytesIO(b"three\n")).read())
into = BytesIO()
with BufferedWriter(into) as out:
    out.write(b"four")
    out.flush()
    print(into.getvalue(), isinstance(out, BufferedWriter))
both = BufferedRandom(BytesIO(b"12345"))
both.write(b"ab")
both.seek(0)
print(both.read())
with open("made.txt", "w+b") as file:
    print(isinstance(file, BufferedRandom), file.write(b"five"))
with open("made.txt") as text, open("made.txt", "rb") as raw:
    print(isinstance(text, TextIOWrapper), isinstance(raw, BufferedReader), text.read())
