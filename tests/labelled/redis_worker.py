"""A work queue on Redis with locks, retries and results in MongoDB."""

import json
import os
import signal
import socket
import sys
import threading
import time
import traceback

import pymongo
import redis
import requests


class Worker:
    def __init__(self, queue):
        self.queue = queue
        self.redis = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://localhost"))
        self.mongo = pymongo.MongoClient(os.environ["MONGO_URL"])
        self.results = self.mongo["jobs"]["results"]
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.stopping = threading.Event()

    def stop(self, number, frame):
        self.stopping.set()

    def beat(self):
        while not self.stopping.wait(10):
            self.redis.setex(f"alive:{self.name}", 30, time.time())

    def next(self):
        found = self.redis.blpop(self.queue, timeout=5)
        return json.loads(found[1]) if found else None

    def perform(self, job):
        with self.redis.lock(f"lock:{job['key']}", timeout=60):
            response = requests.request(job["method"], job["url"], json=job.get("body"), timeout=30)
            return {"status": response.status_code, "body": response.text[:1000]}

    def run(self):
        threading.Thread(target=self.beat, daemon=True).start()
        while not self.stopping.is_set():
            job = self.next()
            if job is None:
                continue
            try:
                result = self.perform(job)
            except Exception:
                result = {"error": traceback.format_exc()}
                if job.get("tries", 0) < 3:
                    job["tries"] = job.get("tries", 0) + 1
                    self.redis.rpush(self.queue, json.dumps(job))
                    continue
            self.results.update_one({"_id": job["key"]}, {"$set": result}, upsert=True)
            self.redis.incr("done")
        self.report()

    def report(self):
        done = self.redis.get("done")
        failed = self.results.count_documents({"error": {"$exists": True}})
        newest = self.results.find().sort("_id", -1).limit(1)
        print(f"{done} done, {failed} failed, newest {list(newest)}", file=sys.stderr)


if __name__ == "__main__":
    worker = Worker(sys.argv[1])
    signal.signal(signal.SIGTERM, worker.stop)
    worker.run()
