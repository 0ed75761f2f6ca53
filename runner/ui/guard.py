"""Who may see the pages: one with the token, at this machine's own address, and never through another page.

A page of the web that is open in the same browser can send requests here, and have a name of its own resolve to
127.0.0.1. So the Host must be ours (DNS rebinding); Origin and Sec-Fetch-Site, where they are sent, must say that the
request comes from our own page or from nowhere; and one that changes something must say its origin (CSRF).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
_ADVICE = "Paste the address that `durable ui` printed into the browser's address bar."


@dataclass
class Keys:
    """What opens the pages: the token of the printed address, one that works once, and what the cookie then holds."""

    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    _once: set[str] = field(default_factory=set, repr=False)

    @property
    def address(self) -> str:
        """The address to be printed."""
        return self._address(self.token)

    def address_for_once(self) -> str:
        """Return an address that opens the pages once: others may read it in the arguments of the browser's process."""
        token = secrets.token_urlsafe(32)
        self._once.add(token)
        return self._address(token)

    def _address(self, token: str) -> str:
        return f"http://127.0.0.1:{self.port}/?token={token}"

    def admits(self, token: str) -> bool:
        """Say whether a token opens the pages, and take it if it does so once only."""
        if _same(token, self.token):
            return True
        found = [one for one in self._once if _same(token, one)]
        self._once.difference_update(found)
        return bool(found)

    def knows(self, session: str) -> bool:
        return _same(session, self.session)

    @property
    def cookie(self) -> str:
        """The cookie's name: cookies of one host are seen at all of its ports."""
        return f"durable_ui_{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        names = ("127.0.0.1", "localhost")
        return frozenset([f"{name}:{self.port}" for name in names] + [*(names if self.port == 80 else ())])


def _same(given: str, secret: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())


class Guard:
    """Lets through what may pass, answers 403 to the rest, and gives every answer its headers."""

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        answer = self._answer(Request(scope)) or self._app
        await answer(scope, receive, send_with_headers)

    def _answer(self, request: Request) -> Response | None:
        """Return what is answered in the place of a page, None if the request may pass."""
        fault = self._fault(request)
        if fault:
            return PlainTextResponse(f"403: {fault}. {_ADVICE}\n", 403)
        token = request.query_params.get("token", "") if request.url.path == "/" else ""
        if token and self._keys.admits(token):
            entered = RedirectResponse("/", 303)
            entered.set_cookie(self._keys.cookie, self._keys.session, httponly=True, samesite="strict", path="/")
            return entered
        if not self._keys.knows(request.cookies.get(self._keys.cookie, "")):
            return PlainTextResponse(f"403: the token is missing or wrong. {_ADVICE}\n", 403)
        return None

    def _fault(self, request: Request) -> str:
        hosts = request.headers.getlist("host")
        if len(hosts) != 1 or hosts[0] not in self._keys.hosts:
            return "this address is not ours"
        origins = request.headers.getlist("origin")
        if any(origin != f"http://{hosts[0]}" for origin in origins):
            return "the request comes from another page"
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return "the request comes from another page"
        if request.method not in ("GET", "HEAD") and not origins:
            return "the request does not say which page it comes from"
        return ""
