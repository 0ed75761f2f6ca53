"""Values to records and back: JSON where JSON is exact, tagged JSON elsewhere; loading a record cannot run foreign code."""

from durable.runner.codec.decode import Decoder
from durable.runner.codec.encode import Encoder, Unstorable
from durable.runner.codec.names import Namespace

__all__ = ["Decoder", "Encoder", "Namespace", "Unstorable"]
