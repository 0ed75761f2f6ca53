from collections import Counter
from pathlib import Path

from .. import command

__all__ = ["count", "longest"]


@command
def count(*texts):
    total = Counter(word for text in texts for word in text)
    Path("counts.txt").write_text("\n".join(f"{word} {number}" for word, number in sorted(total.items())))
    return dict(total.most_common(3))


@command
def longest(*texts):
    return max((word for text in texts for word in text), key=len, default="")
