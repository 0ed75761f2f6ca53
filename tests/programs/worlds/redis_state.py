"""Prints all that stands in the Redis server of the environment: each key with its type, its value and whether it expires."""

import os

import redis

READERS = {
    "string": lambda db, key: db.get(key),
    "hash": lambda db, key: sorted(db.hgetall(key).items()),
    "list": lambda db, key: db.lrange(key, 0, -1),
    "set": lambda db, key: sorted(db.smembers(key)),
    "zset": lambda db, key: db.zrange(key, 0, -1, withscores=True),
}

db = redis.Redis.from_url(os.environ["REDIS_URL"])
for key in sorted(db.scan_iter()):
    kind = db.type(key).decode()
    print(key, kind, READERS[kind](db, key) if kind in READERS else db.dump(key), db.ttl(key) >= 0)
