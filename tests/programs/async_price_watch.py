"""Watches prices with httpx.AsyncClient: event hooks that note what was asked, a transport that asks again, auth flows, streamed bodies."""

import asyncio
import os
from pathlib import Path

import httpx

BASE = os.environ["LIBRARY"]


def note(request):
    """The file for what is known of a request."""
    return Path("requests", request.method + request.url.path.replace("/", "-"))


async def log_request(request):
    note(request).write_text(request.headers.get("Authorization", "nobody"))


async def log_response(response):
    await response.aread()
    note(response.request).with_suffix(".answer").write_text(f"{response.status_code} {len(response.content)}")


def shop(request):
    """The answers of a shop that needs no network; it keeps its books."""
    orders = Path("orders")
    match request.method, request.url.path:
        case "GET", "/price":
            return httpx.Response(200, json={"price": 10 + len(request.url.params)})
        case "POST", "/order":
            orders.write_bytes(request.content)
            return httpx.Response(201, headers={"Location": "/order/1"}, text="taken")
        case "GET", "/order/1":
            return httpx.Response(200, content=orders.read_bytes())
        case _:
            raise httpx.ConnectError("nobody there", request=request)


class Retrying(httpx.AsyncBaseTransport):
    """Asks again, once, after a failure; every attempt leaves a file."""

    def __init__(self, inner):
        self.inner = inner

    async def handle_async_request(self, request):
        for attempt in range(2):
            Path(f"asked{request.url.path.replace('/', '-')}-{attempt}").touch()
            try:
                return await self.inner.handle_async_request(request)
            except httpx.ConnectError:
                if attempt:
                    raise
                await asyncio.sleep(0.01)

    async def aclose(self):
        Path("closed").touch()


class Token(httpx.Auth):
    requires_response_body = True

    def auth_flow(self, request):
        response = yield request
        if response.status_code == 401:
            login = yield httpx.Request("GET", f"{BASE}/login?user=ann")
            Path("token").write_text(login.json()["token"])
            request.headers["Authorization"] = Path("token").read_text()
            yield request


async def in_the_shop():
    async with httpx.AsyncClient(transport=Retrying(httpx.MockTransport(shop)), base_url="http://shop", follow_redirects=True) as client:
        prices = [(await client.get("/price", params=dict.fromkeys(range(n)))).json()["price"] for n in range(2)]
        placed = await client.post("/order", content=b"tea", headers={"X-Price": str(prices[-1])})
        print(prices, placed.status_code, (await client.get(placed.headers["Location"])).text.split())
        try:
            await client.get("/nothing")
        except httpx.ConnectError as error:
            print(error, error.request.url, len(list(Path(".").glob("asked*"))))
    print("closed", Path("closed").exists())


async def in_the_library():
    hooks = {"request": [log_request], "response": [log_response]}
    async with httpx.AsyncClient(base_url=BASE, event_hooks=hooks, auth=Token()) as client:
        who = await client.get("/whoami")
        print(who.json()["authorization"], Path("token").read_text())
        found = await asyncio.gather(*(client.get(f"/books/{number}") for number in (1, 2)))
        print([(each.json()["title"], each.headers["ETag"]) for each in found])
        print(sorted(path.name + " " + path.read_text() for path in Path("requests").iterdir()))
    async with httpx.AsyncClient(base_url=BASE) as client:
        async with client.stream("GET", "/text/3") as response:
            size = 0
            async for chunk in response.aiter_bytes(400):
                with open("text.part", "ab") as file:
                    size += file.write(chunk)
        Path("text.part").rename("text")
        print(response.status_code, size, Path("text").stat().st_size)
        async with client.stream("GET", "/moved", follow_redirects=False) as response:
            print(response.next_request.url.path, [line async for line in response.aiter_lines()])


Path("requests").mkdir()
asyncio.run(in_the_shop())
asyncio.run(in_the_library())
