"""HTTP/2 frames as they come, before the library sees them."""

GOAWAY = 7
HEAD = 9


class Frames:
    """Takes GOAWAY out: the library refuses all frames after it, though the streams that are open go on."""

    def __init__(self):
        self.rest = b""
        # The last stream and the error code of the newest.
        self.goaway = None

    def feed(self, data):
        """The bytes of all whole frames that have come, but for GOAWAY."""
        data = self.rest + data if self.rest else data
        kept = []
        at = start = 0
        while len(data) - at >= HEAD:
            end = at + HEAD + int.from_bytes(data[at:at + 3], "big")
            if len(data) < end:
                break
            if data[at + 3] == GOAWAY:
                kept.append(data[start:at])
                last, code = (int.from_bytes(data[at + HEAD + n:at + HEAD + n + 4], "big") for n in (0, 4))
                self.goaway = last & 0x7FFF_FFFF, code
                start = end
            at = end
        kept.append(data[start:at])
        self.rest = data[at:]
        return b"".join(kept)
