"""logging.config, queue handler/listener, structured logs, Formatter subclasses, captureWarnings, tqdm-like progress."""
import logging, logging.config, logging.handlers, queue, sys, warnings, json
from pathlib import Path
class JsonFormatter(logging.Formatter):
    def format(self, record):
        return json.dumps({"level": record.levelname, "msg": record.getMessage(), "mod": record.module, "line": record.lineno})
logging.config.dictConfig({
    "version": 1, "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonFormatter}, "plain": {"format": "%(levelname)s:%(name)s:%(message)s"}},
    "handlers": {"file": {"class": "logging.FileHandler", "filename": "app.jsonl", "formatter": "json"},
                 "out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "plain"}},
    "root": {"level": "DEBUG", "handlers": ["file", "out"]}})
log = logging.getLogger("app.sub")
log.info("start %s", {"a": 1})
q = queue.Queue()
listener = logging.handlers.QueueListener(q, logging.FileHandler("queued.log"))
listener.start()
qlog = logging.getLogger("queued"); qlog.propagate = False; qlog.addHandler(logging.handlers.QueueHandler(q))
for n in range(3): qlog.warning("item %d", n)
listener.stop()
logging.captureWarnings(True)
warnings.warn("odd thing")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("failed")
print([json.loads(l)["level"] for l in Path("app.jsonl").read_text().splitlines()])
print(Path("queued.log").read_text().split("\n"))
for n in range(4):
    sys.stderr.write(f"\r{n}/3"); sys.stderr.flush()
sys.stderr.write("\n")
logging.shutdown()
