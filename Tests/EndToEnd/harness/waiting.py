"""Waiting for a condition until a deadline, never for a time that should be enough."""

import time

from .outcome import Failure


def wait_for(condition, within, what, every=0.005):
    """Returns the first true value of `condition`; fails with `what` after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"{what() if callable(what) else what}: not within {within:g} s")
        time.sleep(every)
