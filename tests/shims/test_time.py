import datetime
import pickle
import threading
import time

import pytest

from durable.runner.engines.memory import play

CLOCKS = "time monotonic perf_counter process_time thread_time".split()


def test_clocks_are_recorded(replayed):
    def program():
        return [getattr(time, name)() for name in CLOCKS] + [getattr(time, f"{name}_ns")() for name in CLOCKS]

    assert len(replayed(program).events) == 10


def test_time_without_argument_is_now(replayed):
    def program():
        return [tuple(time.localtime()), tuple(time.gmtime()), time.ctime(), time.asctime(), time.strftime("%Y")]

    value = replayed(program).value
    assert value[4] == str(value[0][0])


def test_time_with_argument_is_not_recorded(replayed):
    def program():
        return time.gmtime(0).tm_year, time.strftime("%Y", time.gmtime(0)), time.asctime(time.gmtime(0))

    played = replayed(program)
    assert played.value == (1970, "1970", "Thu Jan  1 00:00:00 1970")
    assert not played.events


def test_a_steady_clock_does_not_go_back_on_another_machine():
    played = play(lambda: time.monotonic())
    future = [entry._replace(payload=str(10**18)) for entry in played.events]
    later = play(lambda: (time.monotonic(), time.monotonic()), future).value
    assert later[0] <= later[1]
    assert later[0] == 10**9


def test_sleep_is_a_timer(replayed):
    played = replayed(lambda: time.sleep(3600))
    assert [entry.kind for entry in played.events] == ["fired"]


@pytest.mark.parametrize("wrong", [-1, "x", None, float("nan"), 1e30])
def test_sleep_refuses_what_plain_python_refuses(wrong):
    with pytest.raises((TypeError, ValueError, OverflowError)) as plain:
        time.sleep(wrong)
    error = play(lambda: time.sleep(wrong)).error
    assert (type(error), str(error)) == (type(plain.value), str(plain.value))


def test_now_is_recorded_and_of_the_real_class(replayed):
    def program():
        now = datetime.datetime.now()
        utc = datetime.datetime.now(datetime.UTC)
        return [now, utc, datetime.datetime.utcnow(), datetime.datetime.today(), datetime.date.today()]

    for value in replayed(program).value:
        assert type(value) in (datetime.datetime, datetime.date)
        assert pickle.loads(pickle.dumps(value)) == value
        assert eval(repr(value), {"datetime": datetime}) == value


def test_now_of_a_subclass_is_of_the_subclass(replayed):
    class Moment(datetime.datetime):
        pass

    assert type(replayed(lambda: Moment.now()).value) is Moment
    assert type(Moment.now()) is Moment


def test_outside_a_run_the_clock_is_real():
    assert abs(datetime.datetime.now().timestamp() - time.time()) < 60


def test_the_clock_of_a_thread(same):
    def program():
        clock = time.pthread_getcpuclockid(threading.get_ident())
        first, second = time.clock_gettime(clock), time.clock_gettime_ns(clock)
        ended = threading.Thread(target=print)
        ended.start()
        ended.join()
        return type(clock), clock != time.CLOCK_THREAD_CPUTIME_ID, first * 1e9 <= second, time.clock_getres(clock)

    same(program)
