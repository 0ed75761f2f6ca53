"""Objects of C libraries that gather what they are given: hashes, compressors, structures, CSV writers."""

import csv
import hashlib
import hmac
import io
import struct
import zlib

with open("a.txt", "w") as f:
    f.write("line\n" * 50)
plain, keyed, blake = hashlib.sha256(), hmac.new(b"key", digestmod="sha1"), hashlib.blake2b(digest_size=8)
squeezer = zlib.compressobj()
squeezed = b""
with open("a.txt", "rb") as f:
    for chunk in iter(lambda: f.read(100), b""):
        for digest in (plain, keyed, blake):
            digest.update(chunk)
        plain.update(chunk)
        squeezed += squeezer.compress(chunk)
squeezed += squeezer.flush()
other = plain.copy()
with open("b.txt", "w") as f:
    f.write(other.hexdigest())
print(plain.hexdigest(), keyed.hexdigest(), blake.hexdigest(), zlib.decompress(squeezed)[:4])
print(struct.Struct(">I").pack(7))
rows = io.StringIO()
csv.writer(rows).writerow(["a", 1])
print(rows.getvalue())
