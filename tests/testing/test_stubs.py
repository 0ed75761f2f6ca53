"""Stubs of effects, the real ones, and crashes of a program under test."""

from __future__ import annotations

import json
import smtplib
import subprocess
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
import requests

from durable.runner.errors import UsageError
from durable.testing import CrashDiffers, Programs, UnstubbedEffect, each

ORDERS = """
    import smtplib, sqlite3, subprocess
    from email.message import EmailMessage
    from pathlib import Path

    import requests
    from requests import get as fetch

    class Rates:
        def __init__(self):
            self.session = requests.Session()

        def of(self, currency):
            answer = self.session.get(f"https://rates.example.com/{currency}")
            answer.raise_for_status()
            return answer.json()["rate"]

    def charge(amount):  # durable: step
        raise OSError("the card reader is a real one")

    def mail(text):
        message = EmailMessage()
        message["From"], message["To"] = "shop@example.com", "ada@example.com"
        message.set_content(text)
        with smtplib.SMTP("mail.example.com") as server:
            server.login("shop", "secret")
            server.send_message(message)

    rates = Rates()
    db = sqlite3.connect("orders.db")
    db.execute("CREATE TABLE rates (currency, rate)")
    for currency in ("EUR", "USD", "GBP"):
        try:
            db.execute("INSERT INTO rates VALUES (?, ?)", (currency, rates.of(currency)))
        except requests.HTTPError as error:
            print(currency, error)
    db.commit()
    print(db.execute("SELECT * FROM rates").fetchall())
    print(fetch("https://shop.example.com/orders").json())
    print(subprocess.run(["git", "push"], capture_output=True, text=True).stdout)
    print(subprocess.check_output(["echo", "real"]))
    print(charge(3))
    mail("thanks")
    Path("done.txt").write_text("ok")
"""


def answer(data: Any, code: int = 200) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url = code, "u"
    response._content = json.dumps(data).encode()
    return response


class FakeSMTP(smtplib.SMTP):
    """A mail server that keeps what is sent."""

    sent: list[str] = []  # noqa: RUF012

    def __init__(self, host: str) -> None:
        self.host = host

    def login(self, *credentials: str) -> None: ...

    def send_message(self, message: Any) -> None:  # type: ignore[override]
        self.sent.append(message["To"])

    def __exit__(self, *error: object) -> None: ...


STUBS = {
    "requests.Session.get": each(answer({"rate": 1}), answer({}, 500), answer({"rate": 2})),
    "requests.get": lambda url: answer({"url": url}),
    "subprocess.run": subprocess.CompletedProcess(["git"], 0, "pushed", ""),
    "charge": lambda amount: amount * 2,
    "smtplib.SMTP": FakeSMTP,
}
PRINTED = (
    "USD 500 Server Error: None for url: u\n[('EUR', 1), ('GBP', 2)]\n{'url': 'https://shop.example.com/orders'}\n"
    "pushed\nb'real\\n'\n6\n"
)


def test_stubs_by_name(durable_program: Programs, script, tmp_path: Path) -> None:
    FakeSMTP.sent.clear()
    result = durable_program.run(script.write(ORDERS), cwd=tmp_path, stubs=STUBS)
    assert result.ok().stdout == PRINTED
    assert FakeSMTP.sent == ["ada@example.com"]
    assert (tmp_path / "done.txt").read_text() == "ok"
    assert [call.args for call in result.calls("requests.Session.get")][1] == ("https://rates.example.com/USD",)
    assert str(result.calls("subprocess.run")[0]) == "subprocess.run(['git', 'push'], capture_output=True, text=True)"
    assert [step.line for step in result.steps if step.callee == "requests.get"] == [39]
    assert requests.get is requests.api.get
    assert "stubbed" not in repr(requests.get)


def test_mocks_see_what_the_program_does_with_them(durable_program: Programs, script, tmp_path: Path) -> None:
    server, page = MagicMock(), MagicMock()
    page.return_value.json.return_value = {"a": 1}
    result = durable_program.run(
        script.write(ORDERS), cwd=tmp_path, stubs={**STUBS, "smtplib.SMTP": server, "requests.get": page}
    )
    assert "{'a': 1}" in result.ok().stdout
    page.assert_called_once_with("https://shop.example.com/orders")
    server.return_value.__enter__.return_value.login.assert_called_once_with("shop", "secret")


def test_a_crash_at_every_point_changes_nothing(durable_program: Programs, script, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    result = durable_program.survive(script.write(ORDERS), cwd=folder, stubs=STUBS)
    assert result.stdout == PRINTED
    assert len(result.points) > 40
    again = durable_program.run(script.path, cwd=tmp_path, stubs=STUBS, crash_at=[3, 20, 50])
    assert (again.stdout, again.lives) == (PRINTED, 4)


def test_what_a_crash_changes_is_told(durable_program: Programs, script) -> None:
    program = script.write("""
        import requests

        print(requests.post("https://example.com/orders"))
    """)
    numbers = iter(range(1000))
    with pytest.raises(CrashDiffers, match=r"crash at .*requests.post: stdout differs"):
        durable_program.survive(program, stubs={"requests.post": lambda url: next(numbers)})


def test_effects_without_a_stub(durable_program: Programs, script, tmp_path: Path) -> None:
    program = script.write(ORDERS)
    with pytest.raises(UnstubbedEffect, match=r"program.py:30: sqlite3.connect has no stub"):
        durable_program.run(program, cwd=tmp_path, stubs=STUBS, real=["requests.Session"])
    real = ["requests.Session", "sqlite3.*", "subprocess.check_output", "pathlib.*", "io.*"]
    assert durable_program.run(program, cwd=tmp_path, stubs=STUBS, real=real).exit_code == 0


def test_stubs_that_cannot_be(durable_program: Programs, script) -> None:
    program = script.write("import requests\nprint(requests.get('x').text)\nrequests.get('y')\n")
    with pytest.raises(UsageError, match=r"there is no requests.gett to stub.*requests.get"):
        durable_program.run(program, stubs={"requests.gett": 1})
    with pytest.raises(UsageError, match="is called once more than its stub has outcomes"):
        durable_program.run(program, stubs={"requests.get": each(answer(1))})
    with pytest.raises(UsageError, match="cannot be stubbed"):
        durable_program.run(program, stubs={"sqlite3.Blob.read": 1})
    with pytest.raises(UsageError, match="the run ended before crash point 99"):
        durable_program.run(program, stubs={"requests.get": answer(1)}, crash_at=99)


def test_library_code_that_calls_a_stubbed_function(durable_program: Programs, script) -> None:
    program = script.write("""
        import shutil
        from urllib.request import urlopen

        print(shutil.disk_usage("/nowhere"))
        print(open("/nowhere/data.txt"))
    """)
    result = durable_program.run(
        program, stubs={"shutil.disk_usage": (3, 2, 1), "builtins.open": FileNotFoundError("stubbed")}
    )
    assert result.stdout == "(3, 2, 1)\n"
    assert result.stderr.endswith("FileNotFoundError: stubbed\n")


def test_the_assertion_behind_verify(durable_program: Programs, script) -> None:
    program = script.write("from pathlib import Path\nPath('x.txt').write_text('x')\nprint(input())\n")
    report = durable_program.verify(program, input="hello\n", kills=2)
    assert report.same
    assert report.kills == 2
