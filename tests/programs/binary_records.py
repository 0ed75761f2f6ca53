"""A file of fixed records: struct, seek and tell, memoryviews, mmap, an index in bisect order, truncation and repair."""

import bisect
import io
import mmap
import os
import struct
import zlib
from contextlib import closing

RECORD = struct.Struct("<I12sHi")


class Store:
    def __init__(self, path):
        self.file = open(path, "r+b" if os.path.exists(path) else "w+b")
        self.index = []
        self.load()

    def load(self):
        self.index.clear()
        self.file.seek(0)
        while len(data := self.file.read(RECORD.size)) == RECORD.size:
            check, name, flags, amount = RECORD.unpack(data)
            if zlib.crc32(data[4:]) == check:
                bisect.insort(self.index, (name.rstrip(b"\0").decode(), self.file.tell() - RECORD.size))

    def __len__(self):
        return len(self.index)

    def _place(self, name):
        place = bisect.bisect_left(self.index, (name,))
        if place < len(self.index) and self.index[place][0] == name:
            return self.index[place][1]
        raise KeyError(name)

    def __getitem__(self, name):
        self.file.seek(self._place(name))
        return RECORD.unpack(self.file.read(RECORD.size))[2:]

    def __setitem__(self, name, values):
        body = RECORD.pack(0, name.encode(), *values)[4:]
        try:
            place = self._place(name)
        except KeyError:
            place = self.file.seek(0, os.SEEK_END)
            bisect.insort(self.index, (name, place))
        self.file.seek(place)
        self.file.write(struct.pack("<I", zlib.crc32(body)) + body)
        self.file.flush()

    def __iadd__(self, pairs):
        for name, values in pairs:
            self[name] = values
        return self

    def close(self):
        self.file.close()


with closing(Store("store.bin")) as store:
    store += [("pear", (1, 100)), ("fig", (2, -5)), ("apple", (0, 7))]
    store["fig"] = (3, 50)
    print(len(store), store["fig"], [name for name, _ in store.index], store.file.tell())
    try:
        store["plum"]
    except KeyError as error:
        print("no", error)
with open("store.bin", "r+b") as file:
    file.seek(RECORD.size + 6)
    file.write(b"X")
    file.seek(0, io.SEEK_END)
    print(file.tell() // RECORD.size, file.truncate(file.tell() - 3))
with closing(Store("store.bin")) as store:
    print([name for name, _ in store.index], store["pear"])
with open("store.bin", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
    print(view.find(b"pear"), len(view), bytes(view[4:8]))
buffer = bytearray(RECORD.size)
with open("store.bin", "rb", buffering=0) as file:
    print(file.readinto(memoryview(buffer)[:10]), bytes(buffer[4:8]), file.read(2).hex())
    os.lseek(file.fileno(), 4, os.SEEK_SET)
    print(os.read(file.fileno(), 4), os.fstat(file.fileno()).st_size)
