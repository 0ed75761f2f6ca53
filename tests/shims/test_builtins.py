import getpass
import io
import sys

import pytest

from durable.runner.engines.memory import play


def test_input_is_a_prompt_named_by_its_text(replayed):
    def program():
        return [input("name? "), input()]

    played = replayed(program, answers=["ann\n", "bob"])
    assert played.value == ["ann", "bob"]
    assert played.stdout == "name? "
    assert [(entry.kind, entry.name) for entry in played.events] == [("answered", "name? "), ("answered", "")]


def test_the_end_of_the_input():
    played = play(lambda: input("> "), answers=[""])
    assert isinstance(played.error, EOFError)
    assert str(played.error) == "EOF when reading a line"


def test_input_from_a_stream_of_the_program(monkeypatch):
    def program():
        sys.stdin = io.StringIO("first\nsecond\n")
        return input(), input()

    monkeypatch.setattr(sys, "stdin", sys.stdin)
    assert play(program).value == ("first", "second")


def test_lost_streams(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    error = play(lambda: input()).error
    assert (type(error), str(error)) == (RuntimeError, "input(): lost sys.stdin")


def test_a_secret(replayed, capsys):
    assert replayed(lambda: getpass.getpass(), answers=["hush\n"]).value == "hush"
    assert "hush" not in capsys.readouterr().err


def test_no_secret():
    assert isinstance(play(lambda: getpass.getpass("? "), answers=[""]).error, EOFError)


@pytest.mark.parametrize("name", ["open", "input"])
def test_the_shim_is_what_the_builtin_is(name):
    import builtins

    from durable import stdlib_shims
    from durable.stdlib_shims import builtins as shim

    stdlib_shims.install()
    assert getattr(builtins, name) is getattr(shim, name)


def test_a_program_gets_the_module_that_libraries_have():
    def program():
        import time as real
        from unittest import mock

        from durable.stdlib_shims import time

        with mock.patch("time.time", return_value=5):
            return time is real, time.time()

    assert play(program).value == (True, 5)


@pytest.mark.parametrize("call", [lambda: input(1, 2), lambda: input(prompt="")])
def test_wrong_arguments_are_complained_of_as_by_python(call):
    with pytest.raises(TypeError) as real:
        call()
    error = play(call).error
    assert (type(error), str(error)) == (TypeError, str(real.value))
