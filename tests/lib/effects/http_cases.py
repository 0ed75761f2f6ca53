"""HTTP clients: requests, httpx, urllib3, aiohttp."""

from __future__ import annotations

from typing import Any

from effects.cases import Call, Servers, case, each, each_async

VERBS = "get head options post put patch delete"


def _requests(at: Servers, verb: str) -> Call:
    import requests

    return lambda: getattr(requests, verb)(at.http)


def _requests_session(at: Servers, verb: str) -> Call:
    import requests

    session = requests.Session()
    return lambda: getattr(session, verb)(at.http)


each("requests", VERBS, _requests)
each("requests", VERBS, _requests_session, "Session.")


@case("requests.request")
def _(at: Servers) -> Call:
    import requests

    return lambda: requests.request("POST", at.http)


@case("requests.Session.send")
def _(at: Servers) -> Call:
    import requests

    request = requests.Request("GET", at.http).prepare()
    return lambda: requests.Session().send(request)


@case("requests.Request.prepare")
def _(at: Servers) -> Call:
    import requests

    return lambda: requests.Request("GET", at.http).prepare()


@case("requests.Response.json")
def _(at: Servers) -> Call:
    import requests

    return requests.get(at.http).json


@case("requests.Response.raise_for_status")
def _(at: Servers) -> Call:
    import requests

    return requests.get(at.http).raise_for_status


def _httpx(at: Servers, verb: str) -> Call:
    import httpx

    return lambda: getattr(httpx, verb)(at.http)


def _httpx_client(at: Servers, verb: str) -> Call:
    import httpx

    client = httpx.Client()
    return lambda: getattr(client, verb)(at.http)


async def _httpx_async(at: Servers, verb: str) -> Any:
    import httpx

    client = httpx.AsyncClient()
    return lambda: getattr(client, verb)(at.http)


each("httpx", VERBS, _httpx)
each("httpx", VERBS, _httpx_client, "Client.")
each_async("httpx", "get head post put delete", _httpx_async, "AsyncClient.")


@case("httpx.Client")
def _(at: Servers) -> Call:
    import httpx

    return httpx.Client


@case("httpx.Response.json")
def _(at: Servers) -> Call:
    import httpx

    return httpx.get(at.http).json


@case("httpx.URL")
def _(at: Servers) -> Call:
    import httpx

    return lambda: httpx.URL(at.http).join("/a")


@case("urllib3.PoolManager.request")
def _(at: Servers) -> Call:
    import urllib3

    manager = urllib3.PoolManager()
    return lambda: manager.request("GET", at.http)


@case("urllib3.PoolManager.urlopen")
def _(at: Servers) -> Call:
    import urllib3

    manager = urllib3.PoolManager()
    return lambda: manager.urlopen("PUT", at.http)


@case("urllib3.request")
def _(at: Servers) -> Call:
    import urllib3

    return lambda: urllib3.request("POST", at.http)


@case("urllib3.HTTPConnectionPool.request")
def _(at: Servers) -> Call:
    import urllib3

    pool = urllib3.connection_from_url(at.http)
    return lambda: pool.request("GET", "/")


@case("urllib3.util.parse_url")
def _(at: Servers) -> Call:
    import urllib3

    return lambda: urllib3.util.parse_url(at.http)


async def _aiohttp(at: Servers, verb: str) -> Any:
    import aiohttp

    session = aiohttp.ClientSession()

    async def call() -> None:
        async with getattr(session, verb)(at.http) as response:
            await response.read()
        await session.close()

    return call


each_async("aiohttp", VERBS, _aiohttp, "ClientSession.")


@case("aiohttp.ClientTimeout")
def _(at: Servers) -> Call:
    import aiohttp

    return lambda: aiohttp.ClientTimeout(total=3)


@case("aiohttp.FormData")
def _(at: Servers) -> Call:
    import aiohttp

    return lambda: aiohttp.FormData({"a": "b"})()
