"""Echo streams of asyncio: a server, its clients at once, a protocol, a Unix socket, low-level calls of the loop."""

import asyncio
import os
import socket


async def shout(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def client(port, name, words):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    heard = []
    for word in words:
        writer.write(f"{name} {word}\n".encode())
        heard.append((await reader.readline()).decode().strip())
        await asyncio.sleep(0.01)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()
    return heard


class Reverse(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data[::-1])
        self.transport.close()


class Collect(asyncio.Protocol):
    def __init__(self, done):
        self.done = done
        self.parts = []

    def connection_made(self, transport):
        transport.write(b"desserts")

    def data_received(self, data):
        self.parts.append(data)

    def connection_lost(self, error):
        self.done.set_result((self.parts, error))


async def main():
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(shout, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        answers = await asyncio.gather(*(client(port, name, ["one", "two"]) for name in ("ann", "bob", "cyd")))
        print(answers)
    server = await loop.create_server(Reverse, "localhost", 0, family=socket.AF_INET)
    done = loop.create_future()
    host, port = server.sockets[0].getsockname()
    await loop.create_connection(lambda: Collect(done), host, port)
    print(await done)
    server.close()
    await server.wait_closed()

    server = await asyncio.start_unix_server(shout, "shout.sock")
    reader, writer = await asyncio.open_unix_connection("shout.sock")
    writer.write(b"by path\n")
    print(await reader.readline())
    writer.close()
    server.close()
    await server.wait_closed()
    os.unlink("shout.sock")

    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    receiving = asyncio.ensure_future(loop.sock_recv(right, 100))
    await loop.sock_sendall(left, b"low level")
    print(await receiving)
    left.close()
    right.close()
    try:
        await asyncio.wait_for(asyncio.open_connection("127.0.0.1", 1), 5)
    except ConnectionRefusedError:
        print("nobody there")


asyncio.run(main())
