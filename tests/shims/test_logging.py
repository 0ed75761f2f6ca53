import io
import logging
import logging.handlers
import sys

import pytest

from durable.runner.engines.memory import play

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # files are left open on purpose


def test_a_log_file(same):
    def program():
        logging.basicConfig(filename="log", level=logging.DEBUG, format="%(levelname)s:%(name)s:%(lineno)d:%(message)s")
        logging.info("one %d", 1)
        logging.getLogger("some.part").debug("two")
        logging.shutdown()
        return open("log").read()

    assert same(program, is_plain_too=False).value.splitlines()[1].startswith("DEBUG:some.part:")


def test_a_run_starts_with_a_fresh_configuration():
    def program():
        before = len(logging.root.handlers), logging.root.level, logging.getLogger("mine").handlers[:]
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")
        logging.getLogger("mine").addHandler(logging.NullHandler())
        logging.addLevelName(25, "LOUD")
        logging.log(25, logging.getLevelName(25))
        return before

    level, handlers = logging.root.level, logging.root.handlers[:]
    for _ in range(2):
        played = play(program)
        assert played.value == (0, logging.WARNING, [])
        assert played.stdout == "LOUD\n"
    assert (logging.root.level, logging.root.handlers) == (level, handlers)
    assert logging.getLevelName(25) == "Level 25"


def test_library_loggers_reach_the_runs_root():
    library = logging.getLogger("a.library.of.the.process")

    def program():
        out = io.StringIO()
        logging.basicConfig(stream=out, level=logging.INFO, format="%(message)s")
        library.info("heard")
        library.addHandler(logging.StreamHandler(out))
        library.info("twice")
        return out.getvalue()

    assert play(program).value == "heard\ntwice\ntwice\n"
    assert play(program).value == "heard\ntwice\ntwice\n"


def test_the_time_of_a_record(replayed):
    def program():
        record = logging.LogRecord("n", logging.INFO, "p", 1, "m", (), None)
        return record.created, record.relativeCreated, record.process, record.msecs

    assert replayed(program).value[1] == 0


def test_a_rotating_file(same):
    def program():
        handler = logging.handlers.RotatingFileHandler("log", maxBytes=40, backupCount=2)
        logger = logging.getLogger("rotating")
        logger.addHandler(handler)
        for number in range(6):
            logger.error("message number %d", number)
        handler.close()
        return open("log").read(), open("log.1").read()

    same(program, is_plain_too=False)
