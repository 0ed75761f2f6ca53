"""Keeps a board of scores, a queue and a session in Redis: hashes, sorted sets, pipelines, a script, a lock, pub/sub."""

import os

import redis

STORE_ONCE = """
if redis.call('exists', KEYS[1]) == 0 then redis.call('set', KEYS[1], ARGV[1]) end
return redis.call('get', KEYS[1])
"""


def play(board, results):
    for name, points in results:
        board.zadd("scores", {name: points})
        board.hset(f"player:{name}", mapping={"points": points, "level": points // 10})
    return board.zrevrange("scores", 0, -1, withscores=True)


def season(name, cups):  # durable: step
    board = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    with board.pipeline() as pipe:
        pipe.set("season", name)
        pipe.sadd("cups", *cups)
        pipe.get("season")
        return pipe.execute()[-1]


def behind_door(value):  # durable: step
    board = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    with board.lock("door", timeout=5):
        board.set("inside", value)
        return board.exists("door"), board.get("inside")


def heard(words):  # durable: step
    board = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    with board.pubsub(ignore_subscribe_messages=True) as channel:
        channel.subscribe("words")
        channel.get_message(timeout=10)
        for word in words:
            board.publish("words", word)
        return [message["data"] for message in (channel.get_message(timeout=10) for _ in words) if message]


def main():
    board = redis.Redis.from_url(os.environ["REDIS_URL"], decode_responses=True)
    print(board.ping(), board.dbsize())
    print(play(board, [("Ann", 31), ("Bob", 12), ("Cy", 25)]))
    print(board.hgetall("player:Ann"), board.hget("player:none", "points"))
    print(season("autumn", ["gold", "silver"]))
    once = board.register_script(STORE_ONCE)
    print(once(keys=["opened"], args=["monday"]), once(keys=["opened"], args=["friday"]))
    print(behind_door("yes"), board.exists("door"))
    try:
        board.lpush("season", "x")
    except redis.ResponseError as error:
        print("refused:", str(error)[:9])
    print(heard(["one", "two"]))
    board.delete("player:Bob")
    print(sorted(board.keys("*")), sorted(board.smembers("cups")))
    print(play(board, [("Bob", 44)]))


main()
