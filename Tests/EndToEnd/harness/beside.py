"""A good subscriber and a good publisher beside an attack, in a process of their own."""

import time

from .http1 import Connection
from .outcome import Failure, check_equal
from .publisher import FORM, answered
from .stream import HUB, Stream, hub_path

# What refused inputs are addressed to, so that one that gets through is seen.
TOPIC = "good"
PAUSE = 0.02


def stand_beside(report, address, tls, publish_headers, subscribe_headers, stop):
    """Publishes numbers and reads each, until `stop` is set; how many, and how long the slowest took in seconds."""

    def publish(data):
        body = f"topic={TOPIC}&data={data}".encode("ascii")
        answered(publisher.request("POST", HUB, (*FORM, *publish_headers), body))
        event = stream.read(1)[0]
        if event.data != data or event.type != "message":
            raise Failure(f"the good subscriber got {event} instead of update {data}")

    longest = 0
    count = 0
    with (
        Stream(address, hub_path(TOPIC), headers=subscribe_headers, tls=tls) as stream,
        Connection(address, tls=tls) as publisher,
    ):
        check_equal(stream.status, 200, f"the status of the good subscriber ({stream.body!r})")
        while not stop.value:
            count += 1
            start = time.monotonic()
            publish(str(count))
            longest = max(longest, time.monotonic() - start)
            stream.forget()
            if count == 10:
                report("at work")
            time.sleep(PAUSE)
        # Whatever was let through in the meantime would stand before it.
        publish("last")
    return count + 1, longest
