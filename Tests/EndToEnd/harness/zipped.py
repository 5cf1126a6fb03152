"""A subscription that is sent compressed, read by a zlib that forgives nothing."""

import zlib

from .outcome import check, check_equal
from .stream import Stream


class ZippedStream(Stream):
    """A `Stream` whose `plain` are all its bytes, decompressed; one that is ended must be a whole gzip member."""

    def __init__(self, address, path, last_event_id=None, headers=(), **options):
        # A gzip member and nothing else, with its checksum and length.
        self.member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        self.plain = bytearray()
        self.received = 0
        super().__init__(address, path, last_event_id, (("Accept-Encoding", "gzip, deflate"), *headers), **options)
        check_equal(self.headers.get("content-encoding"), "gzip", f"how {path} is compressed")
        check_equal(self.headers.get("vary"), "Accept-Encoding", f"what {path} varies with")

    def take(self, data):
        payload = self.chunks.feed(data) if data else b""
        self.received += len(payload)
        plain = self.member.decompress(payload)
        check(not self.member.unused_data, lambda: f"behind the member comes {self.member.unused_data[:40]!r}")
        self.plain += plain
        new = self.parser.feed(plain)
        self.events += new
        if self.chunks.ended:
            check(self.member.eof, "the stream was ended and its member was not")
            self.end = "terminated"
        return new
