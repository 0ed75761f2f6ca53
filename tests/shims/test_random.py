import os
import random
import secrets
import subprocess
import sys
import textwrap
import uuid

from durable.runner.engines.memory import play


def test_chance_is_the_same_on_replay(replayed):
    def program():
        deck = list(range(20))
        random.shuffle(deck)
        return [deck, random.random(), random.choice("abc"), random.Random().random(), random.SystemRandom().random()]

    played = replayed(program)
    assert not played.events


def test_a_seed_gives_plain_pythons_numbers(replayed):
    def program():
        random.seed(42)
        first = [random.random(), random.randint(1, 6), random.gauss(0, 1), random.sample(range(9), 3)]
        state = random.getstate()
        second = random.random()
        random.setstate(state)
        return first, second == random.random(), random.Random(7).random()

    expected = program()
    assert replayed(program).value == expected


def test_runs_with_different_seeds_differ():
    def program():
        return random.random(), uuid.uuid4(), secrets.token_bytes(8), os.urandom(8)

    from durable.runner.spec import RunSpec

    def spec(seed):
        return RunSpec("test", "test.py", "test.py", (), ".", "", seed)

    one, two = play(program, spec=spec("aa")).value, play(program, spec=spec("bb")).value
    assert all(left != right for left, right in zip(one, two, strict=True))


def test_the_process_is_left_as_it_was():
    random.seed(1)
    expected = random.Random(1).random()
    play(lambda: random.random())
    assert random.random() == expected


def test_identifiers(replayed):
    def program():
        return [uuid.uuid4(), uuid.uuid1(), uuid.uuid1(node=5, clock_seq=3), secrets.token_hex(), secrets.choice("xyz")]

    value = replayed(program).value
    assert [item.version for item in value[:3]] == [4, 1, 1]
    assert (value[2].node, value[2].clock_seq) == (5, 3)
    assert value[1].variant == uuid.RFC_4122
    assert value[1].time < value[2].time


def test_no_seed_in_a_subclass(replayed):
    class Dice(random.Random):
        def throw(self):
            return self.randint(1, 6)

    replayed(lambda: [Dice().throw() for _ in range(10)])


def test_chance_does_not_depend_on_what_the_process_has_served_before():
    script = """
        import importlib, os, random, uuid
        from durable.runner.engines.memory import play
        from durable.stdlib_shims import names

        def program():
            return os.urandom(8), uuid.uuid4(), random.random()

        before = play(program).value
        play(lambda: [importlib.import_module(name) for name in sorted(names())])
        print(play(program).value == before)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
