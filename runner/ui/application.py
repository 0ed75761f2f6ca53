"""The pages' addresses. Each page is made by a function that blocks, on a thread of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from durable.runner.errors import DurableError, UnknownRun, UsageError
from durable.runner.ui import pages
from durable.runner.ui.board import Board
from durable.runner.ui.guard import Guard, Keys

_LARGEST = 1_000_000
_STREAMS = {"stdout": 1, "stderr": 2}


def application(board: Board, keys: Keys) -> ASGIApp:
    """Return the application that shows `board` to those who have `keys`."""
    site = _Site(board)
    pages_alone = Starlette(
        routes=[
            Route("/", site.list),
            Route("/run", site.run),
            Route("/run/graph", site.graph),
            Route("/run/strands", site.strands),
            Route("/run/output", site.output),
            Route("/run/answer", site.posting(_answer), methods=["POST"]),
            Route("/run/signal", site.posting(_signal), methods=["POST"]),
            Route("/run/cancel", site.posting(_cancel), methods=["POST"]),
            Route("/run/resume", site.resume, methods=["POST"]),
            Route("/style.css", lambda request: PlainTextResponse(pages.style(), media_type="text/css")),
            Route("/live.js", lambda request: PlainTextResponse(pages.script(), media_type="text/javascript")),
        ],
        exception_handlers={DurableError: site.problem, HTTPException: site.problem, Exception: site.problem},
    )
    return Guard(pages_alone, keys)  # around all of it: also the page of an unexpected error has its headers


class _Site:
    """The pages of a board."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def list(self, request: Request) -> Response:
        return HTMLResponse(pages.list_page(self._board.runs(), self._board.engine))

    def run(self, request: Request) -> Response:
        until = request.query_params.get("until", "")
        found, report = self._board.report(_run_of(request))
        sent = request.query_params.get("sent", "")
        return HTMLResponse(pages.run_page(found, report, sent, int(until) if until.isdecimal() else None))

    def graph(self, request: Request) -> Response:
        return HTMLResponse(pages.graph_part(self._board.graph(_run_of(request))))

    def strands(self, request: Request) -> Response:
        run = _run_of(request)
        return HTMLResponse(pages.strands_page(run, self._board.engine, self._board.strands(run)))

    def output(self, request: Request) -> Response:
        fd = _STREAMS.get(request.query_params.get("stream", "stdout"))
        if fd is None:
            raise UsageError("there is no such stream: it is stdout or stderr")
        return Response(self._board.output(_run_of(request), fd), media_type="text/plain; charset=utf-8")

    def posting(
        self, message: Callable[[dict[str, str]], tuple[str, str, str]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """Return the page that sends a run the (kind, name, payload) which `message` finds in a form."""

        async def post(request: Request) -> Response:
            form = await _form(request)
            run = form.get("id", "")
            kind, name, payload = message(form)
            await run_in_threadpool(self._board.send, run, kind, name, payload)
            return _to_run(run, kind)

        return post

    async def resume(self, request: Request) -> Response:
        run = (await _form(request)).get("id", "")
        await run_in_threadpool(self._board.resume, run)
        return _to_run(run, "resume")

    async def problem(self, request: Request, error: Exception) -> Response:
        """Return a page that says what went wrong, in durable's own words where it is an error of durable."""
        if isinstance(error, HTTPException):
            return HTMLResponse(pages.problem_page(str(error.detail), self._board.engine), error.status_code)
        if not isinstance(error, DurableError):
            text = f"{type(error).__name__} in durable ui itself; its terminal shows where"
            return HTMLResponse(pages.problem_page(text, self._board.engine), 500)
        status = 404 if isinstance(error, UnknownRun) else 400 if isinstance(error, UsageError) else 503
        return HTMLResponse(pages.problem_page(str(error), self._board.engine), status)


def _to_run(run: str, sent: str) -> Response:
    return RedirectResponse(f"/run?{urlencode({'id': run, 'sent': sent})}", 303)


def _run_of(request: Request) -> str:
    return request.query_params.get("id", "")


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form. Raise UsageError for anything else, HTTPException for one that is too large."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise UsageError("that is no form")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST:
            raise HTTPException(413, "an answer of more than a megabyte is for `durable answer`")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, errors="strict")
    except ValueError as error:
        raise UsageError(f"that is no form: {error}") from error
    return {name: values[-1] for name, values in fields.items()}


def _answer(form: dict[str, str]) -> tuple[str, str, str]:
    if not form.get("prompt"):
        raise UsageError("the form does not say which prompt it answers")
    return "answer", form["prompt"], form.get("text", "") + "\n"


def _signal(form: dict[str, str]) -> tuple[str, str, str]:
    name = form.get("name", "").strip()
    if not name:
        raise UsageError("which signal? Give its name, as SIGTERM or USR1")
    return "signal", name, "null"


def _cancel(form: dict[str, str]) -> tuple[str, str, str]:
    return "cancel", "", "null"
