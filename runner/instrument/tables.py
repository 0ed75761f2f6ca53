"""The libraries' leaves, one table per module. No library is imported here."""

from __future__ import annotations

import copy
import copyreg
import io
from typing import Any

from durable.runner.instrument import aiohttp
from durable.runner.instrument.leaves import (
    SAFE_METHODS,
    AfterLoad,
    AsyncLeaf,
    ByAsyncio,
    Change,
    Elsewhere,
    Leaf,
    Opener,
    Refusal,
    Storable,
)


def _by_method(index: int) -> Any:
    """Return the rule "a safe HTTP method reads"; the method is argument `index` or "method"."""

    def effect(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        method = args[index] if len(args) > index else kwargs.get("method")
        return "read" if isinstance(method, str) and method.upper() in SAFE_METHODS else "write"

    return effect


def _by_request(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    request = args[1] if len(args) > 1 else kwargs.get("request")
    return "read" if str(getattr(request, "method", "")).upper() in SAFE_METHODS else "write"


def _by_url(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return the effect of opening a URL or a `urllib.request.Request`: a POST is one with data."""
    request = args[1] if len(args) > 1 else kwargs.get("fullurl")
    data = args[2] if len(args) > 2 else kwargs.get("data")
    if data is not None or isinstance(request, str):
        return "read" if data is None else "write"
    get_method = getattr(request, "get_method", None)
    return "read" if get_method is not None and get_method().upper() in SAFE_METHODS else "write"


def _owner(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    return args[:1]


def _cookies(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    return (args[0].cookies,)


def _jar(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Return what an aiohttp session's cookie jar keeps its cookies in."""
    jar = args[0].cookie_jar
    return tuple(getattr(jar, name) for name in _JAR if hasattr(jar, name))


def _read(response: Any) -> Any:
    response.read()
    return response


def _give_raw(response: Any) -> None:
    """Give a `requests.Response` that was stored a `raw` to read its (decoded) content from."""
    from urllib3.response import HTTPResponse

    headers = {key: value for key, value in response.headers.items() if key.lower() not in _FRAMING}
    response.raw = HTTPResponse(
        body=io.BytesIO(response._content or b""),
        headers=headers,
        status=response.status_code or 0,
        reason=response.reason,
        preload_content=False,
    )


_JAR = ("_cookies", "_host_only_cookies", "_expirations")
_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_URL_STATE = frozenset({"file", "name", "delete", "_closer", "fp", "headers", "url", "code"})
_HTTP_STATE = ("headers", "msg", "version", "status", "reason", "code", "length", "url", "debuglevel", "_method")


def _reduce_response(response: Any) -> tuple[Any, ...]:
    """Return how to make an `http.client.HTTPResponse` again: one whose body, read to its end, is in memory."""
    state = {name: getattr(response, name) for name in _HTTP_STATE if hasattr(response, name)}
    body = response.fp
    if body is not None and not isinstance(body, io.BytesIO):
        data = response.read()
        body, state["length"] = io.BytesIO(data), len(data)
    state |= {"fp": body, "chunked": False, "chunk_left": None, "will_close": True}
    return copyreg.__newobj__, (type(response),), state  # type: ignore[attr-defined]


def _reduce_answer(response: Any) -> tuple[Any, ...]:
    """Return how to make an answer of urllib's own (to `file:`, `data:`, `ftp:`) again, with the rest in memory."""
    state = {name: value for name, value in vars(response).items() if name in _URL_STATE}
    body = response.file
    if not isinstance(body, io.BytesIO):
        body = io.BytesIO(b"" if body.closed else body.read())
        closer = copy.copy(response._closer)
        closer.file = body
        state |= {"file": body, "fp": body, "_closer": closer}
    return copyreg.__newobj__, (type(response),), state  # type: ignore[attr-defined]


async def _aread(response: Any) -> Any:
    await response.aread()
    return response


TABLES: dict[str, tuple[Change, ...]] = {
    "requests.sessions": (
        Leaf("Session.request", "requests.Session.request", _by_method(1), _owner),
        Leaf("Session.send", "requests.Session.send", _by_request, _owner),
    ),
    "requests.models": (AfterLoad("Response", _give_raw),),
    "httpx._client": (
        Leaf("Client.send", "httpx.Client.send", _by_request, _cookies, _read),
        AsyncLeaf("AsyncClient.send", "httpx.AsyncClient.send", _by_request, _cookies, _aread),
        Elsewhere("AsyncClient.aclose"),
        Elsewhere("AsyncClient.__aexit__"),
    ),
    "aiohttp.client": (
        AsyncLeaf("ClientSession._request", "aiohttp.ClientSession.request", _by_method(1), _jar, aiohttp.read),
        Elsewhere("ClientSession.__init__"),
        Elsewhere("ClientSession.close"),
        Refusal("ClientSession.ws_connect", "durable does not run websockets of aiohttp yet"),
    ),
    "aiohttp.client_reqrep": (
        Storable("ClientResponse", aiohttp.reduce_response),
        AfterLoad("ClientResponse", aiohttp.complete_response),
    ),
    "aiohttp.connector": (
        Elsewhere("TCPConnector.__init__"),
        Elsewhere("UnixConnector.__init__"),
        Elsewhere("BaseConnector.close"),
    ),
    "aiohttp.cookiejar": (Elsewhere("CookieJar.__init__"), Elsewhere("DummyCookieJar.__init__")),
    "multidict._multidict": (
        Storable("CIMultiDictProxy", aiohttp.reduce_proxy),
        Storable("MultiDictProxy", aiohttp.reduce_proxy),
    ),
    "uvloop": (ByAsyncio("new_event_loop", "SelectorEventLoop"), ByAsyncio("run", "run", ("debug",))),
    "urllib.request": (Leaf("OpenerDirector.open", "urllib.request.OpenerDirector.open", _by_url),),
    "http.client": (Opener("HTTPConnection"), Storable("HTTPResponse", _reduce_response)),
    "urllib.response": (Storable("addinfourl", _reduce_answer),),
    "smtplib": (Opener("SMTP"),),
    "dbm.gnu": (Leaf("open", "dbm.gnu.open", lambda args, kwargs: "open"),),
    "dbm.ndbm": (Leaf("open", "dbm.ndbm.open", lambda args, kwargs: "open"),),
    "ftplib": (Opener("FTP"),),
    "imaplib": (Opener("IMAP4"),),
    "poplib": (Opener("POP3"),),
    "telnetlib": (Opener("Telnet"),),
    "socket": (
        Opener("socket"),
        Leaf("create_connection", "socket.create_connection", lambda args, kwargs: "open"),
        Leaf("getaddrinfo", "socket.getaddrinfo", lambda args, kwargs: "read"),
        Leaf("gethostbyname", "socket.gethostbyname", lambda args, kwargs: "read"),
    ),
}
