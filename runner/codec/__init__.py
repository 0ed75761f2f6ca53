"""Values to records and back: JSON where JSON is exact, tagged JSON elsewhere; loading one runs no foreign code."""

from durable.runner.codec.decode import Decoder
from durable.runner.codec.encode import Encoder, Unstorable
from durable.runner.codec.names import Namespace
from durable.runner.codec.snapshot import Snapshot
from durable.runner.errors import UnsafeRecord

__all__ = ["Decoder", "Encoder", "Namespace", "Snapshot", "UnsafeRecord", "Unstorable"]
