"""durable: any plain Python program survives crashes, with nothing added to its source."""

__version__ = "0.1.0"
