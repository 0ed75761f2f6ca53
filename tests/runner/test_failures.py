"""What a policy takes for a failure, and how long it waits after one."""

from __future__ import annotations

import email.message
import io
import urllib.error
from typing import Any

import httpx
import pytest
import requests

from durable.runner.core.call import Policy
from durable.runner.failures import asked_pause, is_failure, pause, status_of


def response(status: int, **headers: str) -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return made


def http_error(status: int, **headers: str) -> requests.HTTPError:
    return requests.HTTPError("bad", response=response(status, **headers))


def url_error(status: int, **headers: str) -> urllib.error.HTTPError:
    message = email.message.Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return urllib.error.HTTPError("http://a", status, "bad", message, io.BytesIO())


def httpx_error(status: int) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://a")
    return httpx.HTTPStatusError("bad", request=request, response=httpx.Response(status, request=request))


class OfAiohttp(Exception):
    def __init__(self, status: int) -> None:
        self.status = status


class OfBotocore(Exception):
    def __init__(self, status: int) -> None:
        self.response = {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {"retry-after": "7"}}}


class Row:
    """Of a table: its status is none of HTTP."""

    status = 503


@pytest.mark.parametrize("make", [http_error, url_error, httpx_error, OfAiohttp, OfBotocore])
def test_statuses_of_exceptions(make: Any) -> None:
    assert status_of(make(503), True) == 503


def test_statuses_of_responses() -> None:
    assert status_of(response(404), False) == 404
    assert status_of(httpx.Response(404), False) == 404
    assert status_of(Row(), False) is None
    assert status_of(ValueError("x"), True) is None
    assert status_of(httpx.ConnectError("no request was set"), True) is None


@pytest.mark.parametrize(
    ("policy", "value", "expected"),
    [
        (Policy(), ConnectionError(), True),
        (Policy(), KeyboardInterrupt(), False),
        (Policy(retry_on="OSError"), ConnectionResetError(), True),
        (Policy(retry_on="OSError"), ValueError(), False),
        (Policy(retry_on="requests.ConnectionError"), requests.ConnectionError(), True),
        (Policy(retry_on="requests.ConnectionError"), ConnectionError(), False),
        (Policy(retry_on="ConnectionError"), requests.ConnectionError(), False),
        (Policy(retry_on="requests.exceptions.*"), requests.ReadTimeout(), True),
        (Policy(retry_on="HTTPError"), url_error(500), True),
        (Policy(give_up_on="KeyError"), KeyError(), False),
        (Policy(retry_on="LookupError", give_up_on="KeyError"), KeyError(), False),
        (Policy(retry_on="LookupError", give_up_on="KeyError"), IndexError(), True),
        (Policy(retry_status="429,500-599"), http_error(503), True),
        (Policy(retry_status="429,500-599"), http_error(404), False),
        (Policy(retry_status="429,500-599", retry_on="HTTPError"), http_error(404), False),
        (Policy(retry_status="429,500-599"), ConnectionError(), True),
        (Policy(retry_status="429", retry_on="TimeoutError"), ConnectionError(), False),
    ],
)
def test_failures(policy: Policy, value: BaseException, expected: bool) -> None:
    assert is_failure(policy, value, True) is expected


def test_responses_are_failures_only_where_the_policy_names_their_status() -> None:
    assert is_failure(Policy(retry_status="500-599"), response(503), False)
    assert not is_failure(Policy(retry_status="500-599"), response(429), False)
    assert not is_failure(Policy(retries=1), response(503), False)
    assert not is_failure(Policy(retry_status="500-599"), Row(), False)


def test_waits_grow_up_to_a_limit() -> None:
    policy = Policy(backoff=1.0, backoff_factor=3.0, max_backoff=20.0)
    assert [pause(policy, number, "") for number in (1, 2, 3, 4, 10_000)] == [1, 3, 9, 20, 20]
    assert pause(Policy(), 1, "") == 0


def test_jitter_is_a_share_of_the_wait_and_follows_from_the_seed() -> None:
    policy = Policy(backoff=1.0, backoff_factor=1.0, jitter=0.25)
    waits = [pause(policy, number, "seed") for number in range(1, 50)]
    assert waits == [pause(policy, number, "seed") for number in range(1, 50)]
    assert len(set(waits)) > 40
    assert all(0.75 <= wait <= 1.0 for wait in waits)
    assert pause(policy, 1, "seed") != pause(policy, 1, "other seed")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (response(503, Retry_After="3"), 3),
        (http_error(503, Retry_After="3"), 3),
        (url_error(503, Retry_After=" 3 "), 3),
        (OfBotocore(503), 7),
        (response(503, Retry_After="Sun, 22 Nov 2026 10:00:30 GMT", Date="Sun, 22 Nov 2026 10:00:00 GMT"), 30),
        (response(503, Retry_After="Sun, 22 Nov 2026 10:00:30 GMT"), 10),
        (response(503, Retry_After="Sun, 22 Nov 2020 10:00:30 GMT"), 0),
        (response(503, Retry_After="soon"), 0),
        (response(503), 0),
        (ValueError(), 0),
    ],
)
def test_what_a_response_asks_to_wait(value: Any, seconds: float) -> None:
    assert asked_pause(value, lambda: 1795341620.0) == seconds
