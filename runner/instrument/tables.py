"""The libraries' leaves, one table per module. No library is imported here."""

from __future__ import annotations

import copy
import copyreg
import io
from collections.abc import Mapping
from typing import Any

from durable.runner.instrument import aiohttp
from durable.runner.instrument.leaves import (
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
from durable.runner.methods import SAFE_METHODS


def _by_method(index: int) -> Any:
    """Return the rule "a safe HTTP method reads"; the method is argument `index` or "method"."""

    def effect(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
        method = args[index] if len(args) > index else kwargs.get("method")
        is_safe = isinstance(method, str) and method.upper() in SAFE_METHODS
        return "read" if is_safe and not _calls_back(args[0], kwargs) else "write"

    return effect


def _by_request(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    client, request, *_ = (*args, kwargs.get("request"))
    is_safe = str(getattr(request, "method", "")).upper() in SAFE_METHODS
    return "read" if is_safe and not _calls_back(client, vars(request)) else "write"


def _calls_back(client: Any, options: Mapping[str, Any]) -> bool:
    """Say whether a request of requests or httpx calls functions of the program, which may write."""
    tables = (getattr(client, "hooks", None), getattr(client, "event_hooks", None), options.get("hooks"))
    return any(any(table.values()) for table in tables if isinstance(table, dict))


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


def _by_open_request(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return the effect of what an opener's handler of http does with the request, its third argument."""
    return "read" if args[2].get_method().upper() in SAFE_METHODS else "write"


def _has_own_handlers(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Say whether an opener of urllib has handlers that are not urllib's."""
    return any(type(handler).__module__ != "urllib.request" for handler in args[0].handlers)


def _arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Return the owner and whatever of the arguments is more than text."""
    return tuple(item for item in (*args, *kwargs.values()) if item is not None and type(item) not in _TEXT)


def _client(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Return what a request of httpx changes of its client: cookies, what its authentication and its hooks remember."""
    client = args[0]
    parts = (client.cookies, client.auth, kwargs.get("auth"), client.event_hooks)
    return tuple(part for part in parts if part is not None)


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


_TEXT = (str, bytes, int, float)
_JAR = ("_cookies", "_host_only_cookies", "_expirations")
_FRAMING = frozenset({"content-encoding", "content-length", "transfer-encoding"})
_URL_STATE = frozenset({"file", "name", "delete", "_closer", "fp", "headers", "url", "code"})
_HTTP_STATE = ("headers", "msg", "version", "status", "reason", "code", "length", "url", "debuglevel", "_method")
_NO_TRIO = 'a run has the event loop of asyncio: use asyncio, or anyio with its backend "asyncio"'


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


def _reduce_body(body: Any) -> tuple[Any, ...]:
    """Return how to make a body of botocore again: what is left to read of it, in memory."""
    data = body.read()
    body._raw_stream, body._content_length, body._amount_read = io.BytesIO(data), None, 0
    return type(body), (io.BytesIO(data), str(len(data)))


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
        Leaf("Client.send", "httpx.Client.send", _by_request, _client, _read),
        AsyncLeaf("AsyncClient.send", "httpx.AsyncClient.send", _by_request, _client, _aread),
        Elsewhere("AsyncClient.aclose"),
        Elsewhere("AsyncClient.__aexit__"),
    ),
    "aiohttp.client": (
        AsyncLeaf("ClientSession._request", "aiohttp.ClientSession.request", _by_method(1), _jar, aiohttp.read),
        Elsewhere("ClientSession.__init__"),
        Elsewhere("ClientSession.close"),
        Refusal("ClientSession.ws_connect", "ask over HTTP, or use a websocket in a function marked `# durable: step`"),
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
    "trio": (Refusal("run", _NO_TRIO), Refusal("lowlevel.start_guest_run", _NO_TRIO)),
    "uvloop": (ByAsyncio("new_event_loop", "SelectorEventLoop"), ByAsyncio("run", "run", ("debug",))),
    "urllib.request": (
        Leaf(
            "OpenerDirector.open",
            "urllib.request.OpenerDirector.open",
            _by_url,
            _arguments,
            is_inline=_has_own_handlers,
        ),
        Leaf("AbstractHTTPHandler.do_open", "urllib.request.AbstractHTTPHandler.do_open", _by_open_request, _arguments),
    ),
    "http.client": (Opener("HTTPConnection"), Storable("HTTPResponse", _reduce_response)),
    "botocore.response": (Storable("StreamingBody", _reduce_body),),
    "urllib.response": (Storable("addinfourl", _reduce_answer),),
    "smtplib": (Opener("SMTP"),),
    "ssl": (Leaf("SSLContext.wrap_socket", "ssl.SSLContext.wrap_socket", lambda args, kwargs: "open"),),
    "dbm.gnu": (Leaf("open", "dbm.gnu.open", lambda args, kwargs: "open"),),
    "dbm.ndbm": (Leaf("open", "dbm.ndbm.open", lambda args, kwargs: "open"),),
    "ftplib": (Opener("FTP"),),
    "imaplib": (Opener("IMAP4"),),
    "poplib": (Opener("POP3"),),
    "telnetlib": (Opener("Telnet"),),
}
