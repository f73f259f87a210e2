"""A copy of a GGUF file with other metadata, for what Pincer reads from a model's file and other servers take as a flag."""

import struct

STRING, ARRAY, UINT32 = 8, 9, 4
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
CHUNK = 1 << 22


class Reader:
    def __init__(self, file):
        self.file = file

    def number(self, form):
        return struct.unpack("<" + form, self.file.read(struct.calcsize("<" + form)))[0]

    def text(self):
        return self.file.read(self.number("Q"))

    def skip(self, kind):
        if kind == STRING:
            self.text()
        elif kind == ARRAY:
            inner, count = self.number("I"), self.number("Q")
            for _ in range(count):
                self.skip(inner)
        else:
            self.file.seek(SIZES[kind], 1)


def packed_text(text):
    return struct.pack("<Q", len(text)) + text


def packed_entry(key, value):
    head = packed_text(key.encode())
    if isinstance(value, int):
        return head + struct.pack("<II", UINT32, value)
    return head + struct.pack("<I", STRING) + packed_text(value.encode())


def raw_between(file, start, end):
    file.seek(start)
    return file.read(end - start)


def copy_with(source, target, changes):
    """`changes`: metadata by key, strings or unsigned numbers; what the file has under these keys is left out."""
    with open(source, "rb") as file:
        reader = Reader(file)
        magic, version, tensors, entries = reader.number("I"), reader.number("I"), reader.number("Q"), reader.number("Q")
        kept, alignment = [], 32
        for _ in range(entries):
            start = file.tell()
            key = reader.text().decode()
            kind = reader.number("I")
            if key == "general.alignment":
                alignment = reader.number("I")
            else:
                reader.skip(kind)
            end = file.tell()
            if key not in changes:
                kept.append(raw_between(file, start, end))
        infos = file.tell()
        for _ in range(tensors):
            reader.text()
            file.seek(8 * reader.number("I") + 4 + 8, 1)
        described = raw_between(file, infos, file.tell())
        file.seek(-file.tell() % alignment, 1)
        head = struct.pack("<IIQQ", magic, version, tensors, len(kept) + len(changes))
        head += b"".join(kept) + b"".join(packed_entry(*change) for change in changes.items()) + described
        with open(target, "wb") as copy:
            copy.write(head + bytes(-len(head) % alignment))
            while chunk := file.read(CHUNK):
                copy.write(chunk)
