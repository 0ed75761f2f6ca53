"""What a library callable without a catalogue entry does, read from its source down to callables that have one.

`Inference(root, store).of("package.function")` walks the calls statically; nothing of the library is imported.
"""

from __future__ import annotations

from durable.transpiler.inference.solve import Inference
from durable.transpiler.inference.store import Store
from durable.transpiler.inference.values import Inferred

__all__ = ["Inference", "Inferred", "Store"]
