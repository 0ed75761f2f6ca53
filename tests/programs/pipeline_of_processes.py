"""Stages of a pipeline in processes, connected by pipes; a duplex pipe between two; connections sent through a queue."""

import multiprocessing
import sqlite3


def clean(source, sink, *others):
    for other in others:
        other.close()
    while True:
        try:
            line = source.recv()
        except EOFError:
            break
        if line.strip():
            sink.send(line.strip().title())
    sink.close()


def store(source, path):
    connection = sqlite3.connect(path)
    connection.execute("create table names (name text)")
    with source:
        while True:
            try:
                name = source.recv()
            except EOFError:
                break
            with connection:
                connection.execute("insert into names values (?)", (name,))
    connection.close()


def answer(connection):
    for question in iter(connection.recv, "stop"):
        connection.send(f"{question}? yes")
    connection.send_bytes(b"bye")


def reply(line, text):
    line.send(text)
    line.close()


def main():
    first_out, first_in = multiprocessing.Pipe(duplex=False)
    second_out, second_in = multiprocessing.Pipe(duplex=False)
    cleaner = multiprocessing.Process(
        target=clean, args=(first_out, second_in, first_in, second_out)
    )
    storer = multiprocessing.Process(target=store, args=(second_out, "names.db"))
    cleaner.start()
    first_out.close()
    second_in.close()
    first_in_of_storer = first_in
    for name in ("ann lee", "  ", "bob ray\n", "x" * 100_000):
        first_in.send(name)
    first_in.close()
    storer.start()
    second_out.close()
    cleaner.join()
    storer.join()
    rows = (
        sqlite3.connect("names.db")
        .execute("select substr(name, 1, 7), length(name) from names")
        .fetchall()
    )
    print(rows, first_in_of_storer.closed, cleaner.exitcode, storer.exitcode)

    here, there = multiprocessing.Pipe()
    friend = multiprocessing.Process(target=answer, args=(there,))
    friend.start()
    for question in ("tea", "cake"):
        here.send(question)
        print(here.recv())
    print(here.poll(), here.poll(0.01))
    here.send("stop")
    print(here.recv_bytes())
    friend.join()
    try:
        here.send(lambda: None)
    except Exception as error:
        print(type(error).__name__, str(error).partition(" at ")[0])


if __name__ == "__main__":
    main()
