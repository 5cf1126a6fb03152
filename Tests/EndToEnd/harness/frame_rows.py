"""Rows of HTTP/2 frames, and how they are tried on a server."""

import concurrent.futures

from .outcome import Failure
from .raw_http2 import ALIVE, END_HEADERS, END_STREAM, HEADERS, RESET, FrameConnection, block, frame
from .rows import CLOSED, Row
from .siege import SUBSCRIBE_KEY, check_answer
from .stream import HUB
from .tokens import token

PATH = HUB + "?topic=other"
READER = ("authorization", "Bearer " + token(SUBSCRIBE_KEY, subscribe=["*"]))
METHOD, SCHEME, AUTHORITY = (":method", "GET"), (":scheme", "https"), (":authority", "localhost")
PSEUDO = (METHOD, SCHEME, AUTHORITY, (":path", PATH))
# Any of a refusal, a reset and an end is as good an answer to what is no request.
WRONG = (400, RESET, CLOSED)
ENDED = (CLOSED,)
# Nothing that is asked for: it may be borne or not.
BORNE = (ALIVE, RESET, CLOSED)


def open_stream(fields, stream=1, flags=END_STREAM | END_HEADERS, **options):
    return frame(HEADERS, flags, stream, fields if isinstance(fields, bytes) else block(*fields), **options)


class FrameRow(Row):
    """Frames behind a good beginning, or in its place if `raw`; `stream` is the one whose answer counts."""

    __slots__ = ("stream", "raw", "reads")

    def __init__(self, sentence, data, *expected, stream=1, raw=False, reads=True, slow=False):
        super().__init__(sentence, data, *expected, slow=slow)
        self.stream = stream
        self.raw = raw
        self.reads = reads

    @property
    def input(self):
        return self.data, self.raw, self.reads


def run_frames(siege, *tables):
    """As `Siege.run`, with a connection of HTTP/2 for each row."""
    siege.tls.set_alpn_protocols(["h2"])
    rows = [row for table in tables for row in table]
    slow = [row for row in rows if row.slow or 408 in row.expected]
    for row in rows:
        if row not in slow:
            siege.took(row, attempt(siege, row))
            siege.context.progress(f"HTTP/2: {row}")
    with concurrent.futures.ThreadPoolExecutor(len(slow) or 1) as pool:
        for row, outcome in zip(slow, pool.map(lambda row: attempt(siege, row), slow)):
            siege.took(row, outcome)


def attempt(siege, row):
    try:
        with FrameConnection(siege.server.hub, siege.tls, row.raw) as connection:
            connection.send(row.data, row.reads)
            return connection.outcome(row.stream, row.expected, check_answer)
    except (Failure, ValueError) as failure:
        return str(failure)
    except OSError as error:
        return f"{type(error).__name__}: {error}"
