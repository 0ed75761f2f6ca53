"""Responses of aiohttp as records: read to their end within the step, with a stream over the body in the program."""

from __future__ import annotations

import copyreg
from typing import Any

_STATE = ("method", "_real_url", "_url", "version", "status", "reason", "_headers", "_raw_headers", "_request_info")
_LATER = ("_history", "_raw_cookie_headers")


async def read(response: Any) -> Any:
    """Read the body of `response`; return it."""
    await response.read()
    return response


def reduce_response(response: Any) -> tuple[Any, ...]:
    """Return how to make a `ClientResponse` again."""
    state = {name: getattr(response, name) for name in (*_STATE, *_LATER) if hasattr(response, name)}
    state["_recorded"] = getattr(response, "_body", None) or b""
    return copyreg.__newobj__, (type(response),), state  # type: ignore[attr-defined]


def complete_response(response: Any) -> None:
    """Give a response that was made again a stream to read its body from, and nothing of a connection."""
    import asyncio

    from aiohttp.base_protocol import BaseProtocol
    from aiohttp.helpers import TimerNoop
    from aiohttp.streams import StreamReader

    loop = asyncio.get_running_loop()
    body = response.__dict__.pop("_recorded")
    stream = StreamReader(BaseProtocol(loop), limit=max(len(body), 1), loop=loop)
    stream.feed_data(body)
    stream.feed_eof()
    response.content = stream
    response._loop, response._timer, response._traces, response._cache = loop, TimerNoop(), [], {}
    response._closed = True  # as aiohttp says once all of the body has come


def reduce_proxy(proxy: Any) -> tuple[Any, ...]:
    """Return how to make a read-only view of headers again."""
    from multidict import CIMultiDict, CIMultiDictProxy, MultiDict

    is_case_blind = isinstance(proxy, CIMultiDictProxy)
    return type(proxy), ((CIMultiDict if is_case_blind else MultiDict)(proxy),)
