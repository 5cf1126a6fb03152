"""A part of a test in a process of its own, so that it does not share Python's lock with the rest."""

import multiprocessing
import signal
import traceback

from .lifetime import die_with_parent
from .outcome import Failure

FORK = multiprocessing.get_context("fork")


class Worker:
    """Runs `function(report, *arguments)`; `report` sends a message, what it returns is the result."""

    def __init__(self, function, *arguments):
        self.pipe, theirs = FORK.Pipe()
        self.process = FORK.Process(target=Worker.main, args=(theirs, function, arguments), daemon=True)
        self.process.start()
        theirs.close()

    @staticmethod
    def main(pipe, function, arguments):
        die_with_parent()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            result = ("result", function(lambda message: pipe.send(("message", message)), *arguments))
        except Failure as failure:
            result = ("failure", str(failure))
        except BaseException:
            result = ("failure", traceback.format_exc())
        pipe.send(result)

    def message(self, within):
        """What it says next."""
        if not self.pipe.poll(within):
            raise Failure(f"a helper process said nothing within {within:g} s")
        kind, value = self.pipe.recv()
        if kind == "failure":
            raise Failure(value)
        return value

    result = message

    def close(self):
        if self.process.is_alive():
            self.process.kill()
        self.process.join()
        self.pipe.close()


def shared_counter():
    """A number that a worker sets and its parent reads."""
    return FORK.Value("q", 0)
