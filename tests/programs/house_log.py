"""Logging in full: dictConfig, filters, adapters, a queue listener, rotation by size, memory handlers, captured warnings."""

import logging
import logging.config
import logging.handlers
import queue
import warnings
from pathlib import Path


class Room(logging.Filter):
    def filter(self, record):
        record.room = record.name.rpartition(".")[2]
        return "secret" not in record.getMessage()


class Counting(logging.Handler):
    def emit(self, record):
        path = Path(f"{record.levelname.lower()}.count")
        path.write_text(str(int(path.read_text()) + 1 if path.exists() else 1))


logging.config.dictConfig(
    {
        "version": 1,
        "filters": {"room": {"()": Room}},
        "formatters": {"short": {"format": "{levelname:.1} {room} {message}", "style": "{"}},
        "handlers": {
            "file": {
                "class": "logging.handlers.RotatingFileHandler",
                "filename": "house.log",
                "maxBytes": 60,
                "backupCount": 2,
                "formatter": "short",
                "filters": ["room"],
            },
            "count": {"()": Counting, "level": "WARNING"},
        },
        "loggers": {"house": {"level": "DEBUG", "handlers": ["file", "count"], "propagate": False}},
    }
)
kitchen = logging.getLogger("house.kitchen")
kitchen.info("kettle %s", "on")
kitchen.warning("secret door")
kitchen.error("kettle dry")
try:
    Path("menu").read_text()
except OSError:
    logging.getLogger("house.hall").exception("no menu", exc_info=False)
adapter = logging.LoggerAdapter(logging.getLogger("house.attic"), {"user": "me"})
adapter.debug("dusty and %d years old", 90)
for path in sorted(Path(".").glob("house.log*")):
    print(path.name, path.read_text().splitlines())
print({path.name: path.read_text() for path in sorted(Path(".").glob("*.count"))})

records = queue.Queue()
sink = logging.FileHandler("queued.log", mode="w", delay=True)
listener = logging.handlers.QueueListener(records, sink, respect_handler_level=True)
loud = logging.getLogger("loud")
loud.addHandler(logging.handlers.QueueHandler(records))
loud.propagate = False
listener.start()
loud.warning("through the queue")
listener.stop()
sink.close()
print(Path("queued.log").read_text().strip())
memory = logging.handlers.MemoryHandler(10, target=logging.FileHandler("burst.log"))
loud.addHandler(memory)
loud.warning("kept back")
print(Path("burst.log").stat().st_size)
loud.critical("flushes")
memory.target.close()
print(Path("burst.log").read_text().split("\n"), loud.isEnabledFor(logging.INFO), logging.getLevelName("ERROR"))
logging.captureWarnings(True)
logging.getLogger("py.warnings").addHandler(Counting())
warnings.warn("to the log")
print(Path("warning.count").read_text())
