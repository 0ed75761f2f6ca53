import csv
import gc
import gzip
import io
import json
import os
import pickle
import subprocess
import threading
import zipfile

import pytest

from durable.runner.engines.memory import play
from durable.runtime import read, write
from durable.stdlib_shims.builtins import close_files

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # files are left open on purpose


def test_a_small_file_is_read_in_one_step(same):
    def program():
        with open("f", "w") as file:
            file.write("one\ntwo\n")
        with open("f") as file:
            first = file.read()
        return first, list(open("f")), open("f", "rb").readlines()

    played = same(program)
    assert played.performed == ["open", "io.FileIO.write", "open", "open", "open"]


def test_modes(same):
    def program():
        seen = []
        with open("f", "x") as file:
            seen.append((file.tell(), file.write("abc"), file.tell(), file.mode, file.name))
        with open("f", "a+") as file:
            file.write("def")
            seen.append((file.tell(), file.seek(0), file.read()))
        with open("f", "r+b") as raw:
            seen.append((raw.read(2), raw.write(b"XY"), raw.seek(0), raw.read(), raw.seek(-1, 2), raw.truncate()))
        with open("f", "w+", encoding="utf-16", newline="\r\n") as file:
            file.write("ä\n")
            file.seek(0)
            seen.append((file.read(), file.encoding, file.newlines))
        with open("f", "rb", buffering=0) as raw:
            seen.append((raw.read(3), raw.tell(), raw.readall(), raw.mode, raw.readable(), raw.writable()))
        return seen

    same(program)


def test_reprs_and_properties(same):
    def program():
        text, binary = open("f", "w", encoding="utf-8"), open("g", "wb")  # noqa: SIM115
        plain = open("h", "wb", 0)  # noqa: SIM115
        seen = [repr(text), repr(binary), repr(plain), text.isatty(), text.seekable(), plain.closefd]
        seen += [isinstance(text, io.TextIOWrapper), isinstance(text.buffer, io.BufferedWriter)]
        seen += [isinstance(plain, io.FileIO), type(text).__name__, text.buffer.raw.name, text.line_buffering]
        text.close()
        with pytest.raises(ValueError, match="closed file"):
            text.write("x")
        return [*seen, text.closed, repr(text.buffer.raw)]

    same(program)


@pytest.mark.parametrize(
    "args",
    [
        ("none",),
        (".",),
        (".", "w"),
        ("f", "q"),
        ("f", "rw"),
        ("f", "r", 0),
        ("f", "rb", -1, "utf-8"),
        ("f", "r", -1, None, None, "x"),
        ("f", "r", -1, "no-such-codec"),
        (-1,),
        (1.5,),
        ("f", 5),
        ("none/f", "w"),
        ("f", "x"),
    ],
)
def test_errors_are_plain_pythons(args, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f").touch()

    def program():
        with pytest.raises((OSError, ValueError, TypeError, LookupError)) as caught:
            open(*args)  # noqa: SIM115
        error = caught.value
        return type(error), str(error), getattr(error, "errno", None), getattr(error, "filename", None)

    assert play(program).value == program()


def test_wrong_use_is_refused_as_by_plain_python(same):
    def program():
        seen = []
        with open("f", "w") as file:
            for act in (file.read, lambda: file.seek(-1), lambda: file.write(b"x")):
                with pytest.raises((io.UnsupportedOperation, TypeError, ValueError)) as caught:
                    act()
                seen.append((type(caught.value), str(caught.value)))
        with open("f") as file, pytest.raises(io.UnsupportedOperation) as caught:
            file.write("x")
        return seen, str(caught.value)

    same(program)


def test_a_long_file_in_a_loop(same):
    def program():
        with open("f", "w") as file:
            for number in range(30000):
                print(number, "x" * 20, file=file)
        total = 0
        with open("f") as file:
            for line in file:
                total += int(line.split()[0])
        return total

    assert len(same(program).events) < 120


def test_steps_between_reads_see_the_file_as_it_is(same):
    def program():
        with open("f", "w") as file:
            file.write("a" * 10000)
        reader = open("f", "rb", buffering=0)  # noqa: SIM115
        start = reader.read(4)
        with open("f", "r+") as file:
            file.write("bbbbbbbb")
        return start, reader.read(8), os.path.getsize("f")

    assert same(program).value[1] == b"bbbbaaaa"


def test_following_a_growing_file(same):
    def program():
        open("log", "w").close()
        reader, seen = open("log"), []  # noqa: SIM115
        for number in range(3):
            seen.append(reader.readline())
            with open("log", "a") as file:
                print(number, file=file)
            seen.append(reader.readline())
        return seen

    same(program)


def test_what_is_left_open_is_flushed_in_order(worlds):
    kept = []

    def program():
        from durable.runner import context

        for name in "ab":
            kept.append(open(name, "w"))  # noqa: SIM115
            kept[-1].write(name)
        open("c", "w").write("dropped")  # noqa: SIM115
        close_files(context.current())
        return [open(name).read() for name in "abc"]

    worlds.enter()
    assert play(program).value == ["a", "b", "dropped"]


def test_a_file_in_a_cycle_is_flushed_at_the_end(worlds):
    def program():
        from durable.runner import context

        class Holder:
            pass

        holder = Holder()
        holder.me, holder.file = holder, open("f", "w")  # noqa: SIM115
        holder.file.write("kept")
        del holder
        gc.collect()
        assert os.path.getsize("f") == 0
        close_files(context.current())
        return open("f").read()

    worlds.enter()
    assert play(program).value == "kept"


def test_a_file_is_flushed_while_another_thread_collects(worlds):
    begun, done = threading.Event(), threading.Event()

    class Slow:
        def __del__(self):
            begun.set()
            done.wait(30)

    def collect():
        slow = Slow()
        slow.me = slow
        del slow
        gc.collect()

    def program():
        with open("f", "w") as file:
            file.write("kept")
        return os.path.getsize("f")

    worlds.enter()
    play(lambda: None)
    collector = threading.Thread(target=collect)
    collector.start()
    begun.wait(30)
    try:
        assert play(program).value == 4
    finally:
        done.set()
        collector.join()


def test_two_strands_write_one_file(same):

    def program():
        with open("f", "wb", 16) as file:

            def work(letter):
                for _ in range(10):
                    file.write(letter * 10)

            threads = [threading.Thread(target=work, args=(letter,)) for letter in (b"a", b"b", b"c")]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        with open("f", "rb") as file:
            body = file.read()
        return sorted(body[place : place + 10] for place in range(0, 300, 10))

    import durable.stdlib_shims.threading as shim

    shim.install()
    assert same(program, is_plain_too=False).value == [letter * 10 for letter in (b"a", b"b", b"c") for _ in range(10)]


def test_libraries_on_top_of_files(same):
    def program():
        with open("t.csv", "w", newline="") as file:
            csv.writer(file).writerows([["a", 1], ["b", 2]])
        with open("t.csv", newline="") as file:
            rows = list(csv.reader(file))
        with open("t.json", "w") as file:
            json.dump(rows, file)
        with open("t.pickle", "wb") as file:
            pickle.dump(rows, file)
        with open("t.pickle", "rb") as file, gzip.GzipFile("t.gz", "wb", mtime=0) as packed:
            packed.write(pickle.load(file)[0][0].encode())
        with zipfile.ZipFile("t.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo("in"), "side")
        with zipfile.ZipFile("t.zip") as archive, gzip.open("t.gz") as packed:
            return archive.read("in"), packed.read(), json.load(open("t.json"))

    same(program)


def test_special_files(same):
    def program():
        with open("/dev/null", "w") as null:
            null.write("gone")
        with open("/dev/zero", "rb") as zero:
            zeros = zero.read(4)
        with open("/dev/null") as null:
            return zeros, null.read(), null.seekable()

    same(program)


def test_descriptors_as_files(worlds):
    def program():
        with open("f", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("x")
            size = os.fstat(file.fileno()).st_size
        reading, writing = os.pipe()
        with open(writing, "w") as out:
            out.write("through")
        with open(reading) as end:
            return size, oct(os.stat("f").st_mode), end.read()

    worlds.enter()
    expected = program()
    worlds.enter()
    played = play(program)
    assert played.value == expected
    assert play(program, played.events).value == expected


def test_standard_output_by_number():
    def program():
        with open(1, "w", closefd=False) as out:
            out.write("by number\n")

    played = play(program)
    assert played.error is None
    assert played.stdout == "by number\n"


def test_files_given_to_steps(same):
    def dump(file, number):
        print("step", number, file=file)

    def take(file):
        return file.readline()

    def program():
        with open("a", "w") as file:
            file.write("head\n")
            write(dump)(file, 1)
            file.write("mid\n")
            write(dump)(file, 2)
        with open("a") as file:
            return file.readline(), read(take)(file), file.readlines()

    same(program)


def test_files_given_to_children(same):
    def program():
        with open("b", "w") as file:
            file.write("late\n")
            subprocess.run(["echo", "child"], stdout=file, check=True)
            file.write("end\n")
        with open("b") as file:
            found = subprocess.run(["head", "-c", "3"], stdin=file, capture_output=True, check=True).stdout
        return found, open("b").read()

    same(program)
