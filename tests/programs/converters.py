"""Converters as children with protocols: what they say arrives piece by piece, and one that hangs is stopped."""

import asyncio
import sys
from pathlib import Path

UPPER = "import sys\nfor line in sys.stdin:\n    print(line.strip().upper(), flush=True)\nprint('lines done', file=sys.stderr)"
PICKY = "import sys; data = sys.stdin.read(); sys.exit(0 if data.isdigit() else 65)"


class Converter(asyncio.SubprocessProtocol):
    """Keeps what a child says in a file, and counts."""

    def __init__(self, name):
        self.name = name
        self.closed = asyncio.get_running_loop().create_future()
        self.pieces = []
        self.complaints = b""

    def connection_made(self, transport):
        self.transport = transport
        Path(f"{self.name}.started").touch()

    def pipe_data_received(self, fd, data):
        if fd == 2:
            self.complaints += data
            return
        self.pieces.append(data)
        with open(f"{self.name}.out", "ab") as file:
            file.write(data)

    def pipe_connection_lost(self, fd, exc):
        if fd == 1:
            Path(f"{self.name}.complete").write_text(str(exc))

    def process_exited(self):
        self.code = self.transport.get_returncode()

    def connection_lost(self, exc):
        self.closed.set_result(b"".join(self.pieces))


async def convert(name, code, text):
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_exec(lambda: Converter(name), sys.executable, "-c", code)
    feed = transport.get_pipe_transport(0)
    feed.writelines(line.encode() for line in text.splitlines(keepends=True))
    feed.write_eof()
    said = await protocol.closed
    transport.close()
    return protocol.code, said, protocol.complaints


async def stop_when_it_speaks():
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.subprocess_shell(
        lambda: Converter("server"), "trap 'echo closing; exit 7' TERM; echo ready; while :; do sleep 0.02; done", stdin=None
    )
    while not protocol.pieces:
        await asyncio.sleep(0.01)
    transport.terminate()
    print("server said", await protocol.closed, protocol.code)


async def main():
    print(await asyncio.gather(convert("first", UPPER, "one\ntwo\n"), convert("second", UPPER, "drei\n")))
    print([(await convert(f"check{text}", PICKY, text))[0] for text in ("12", "1x")])
    await stop_when_it_speaks()
    try:
        await asyncio.get_running_loop().subprocess_exec(lambda: Converter("none"), "no-such-converter")
    except FileNotFoundError as error:
        print("missing:", error.filename)
    print(sorted(path.name for path in Path(".").glob("*.started")), Path("first.out").read_text().split())


asyncio.run(main())
