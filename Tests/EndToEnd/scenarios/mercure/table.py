"""Tables of sentences, each with the requests that show whether it is true."""

import time
import traceback

from harness.http1 import NotAnswered
from harness.outcome import Failure

from .hub import Hub

# More than so many rows that fail are only counted.
TOLD = 12


class Table:
    """Rows about one subject, run one after the other on one server with `settings`."""

    def __init__(self, subject, **settings):
        self.subject = subject
        self.settings = settings
        self.rows = []

    def row(self, sentence, **arguments):
        """Registers a function of a `Hub` as what shows that `sentence` is true."""

        def register(function):
            self.rows.append((sentence, lambda hub: function(hub, **arguments)))
            return function

        return register

    def run(self, context, transport):
        hub = Hub(context, context.transport(transport), self.settings)
        failures = []
        for sentence, shows in self.rows:
            context.progress(sentence)
            start = time.monotonic()
            try:
                shows(hub)
            except Exception as failure:
                # A KeyError or the like is an answer that lacks something; the other rows are run all the same.
                kind = "" if isinstance(failure, (Failure, NotAnswered)) else f"{type(failure).__name__}: "
                failures.append(f"{sentence} ({place(failure)}, {time.monotonic() - start:.1f} s): {kind}{failure}")
                context.check_servers()
            finally:
                hub.close_streams()
        if failures:
            told = "".join(f"\n     - {failure}" for failure in failures[:TOLD])
            more = f"\n     - and {len(failures) - TOLD} more" * (len(failures) > TOLD)
            raise Failure(f"{len(failures)} of {len(self.rows)} rows do not hold:{told}{more}")
        return f"{len(self.rows)} rows"


def place(failure):
    """Where in a table's module it failed."""
    frames = [f for f in traceback.extract_tb(failure.__traceback__) if "/mercure/" in f.filename]
    frames = [f for f in frames if not f.filename.endswith(("/table.py", "/hub.py"))] or frames
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
