"""asyncio servers and clients, subprocess streams, queues of work, add_signal_handler, run_in_executor."""
import asyncio, json, sys, signal, os
from pathlib import Path
async def handle(reader, writer):
    while data := await reader.readline():
        request = json.loads(data)
        Path("requests.log").open("a").write(request["op"] + "\n")
        writer.write(json.dumps({"ok": request["op"][::-1]}).encode() + b"\n")
        await writer.drain()
    writer.close()
    await writer.wait_closed()
async def client(port, ops):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    out = []
    for op in ops:
        writer.write(json.dumps({"op": op}).encode() + b"\n")
        await writer.drain()
        out.append(json.loads(await reader.readline())["ok"])
    writer.close()
    await writer.wait_closed()
    return out
async def main():
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        print(await asyncio.gather(client(port, ["abc", "de"]), client(port, ["xyz"])))
    proc = await asyncio.create_subprocess_exec(sys.executable, "-c", "for l in iter(input, ''): print(l.upper())", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
    out, _ = await proc.communicate(b"one\ntwo\n")
    print(out.split(), proc.returncode)
    shell = await asyncio.create_subprocess_shell("echo hi; exit 3", stdout=asyncio.subprocess.PIPE)
    print((await shell.stdout.read()).decode().strip(), await shell.wait())
    got = asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, got.set)
    os.kill(os.getpid(), signal.SIGUSR1)
    await asyncio.wait_for(got.wait(), 5)
    print("signalled", await loop.run_in_executor(None, Path("requests.log").read_text) != "")
asyncio.run(main())
print(sorted(Path("requests.log").read_text().split()))
