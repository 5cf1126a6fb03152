"""How fast a token publishes, and how long a stream lives."""

import json
import time

from harness.http1 import Connection
from harness.outcome import check, check_equal
from harness.publisher import FORM, LINES
from harness.stream import HUB, hub_path
from harness.tokens import bearer, token
from harness.transport import HTTP2, PLAIN

from .access_limits import check_limit, check_refusals, limited, open_stream, over

KEY = "a key of these tests that nobody can guess, with 32 bytes and more"
AGE = 10


@over((PLAIN, HTTP2), "limits: a token publishes at its rate; a large batch goes through once and is paid for")
def publish_rate(context, name):
    transport = context.transport(name)
    server = limited(
        context, transport, limits={"publish-rate": 10}, auth={"publish": {"key": KEY}, "anonymous": True}
    )
    stream = open_stream(context, transport, server, path=hub_path("a"))
    sent = []
    refused = 0

    def post(publisher, count=1):
        """Publishes updates in one request; on a connection of its own, for the rate is the token's."""
        lines = [{"topic": "a", "data": f"{publisher} {len(sent) + number}"} for number in range(count)]
        headers = (bearer(token(KEY, publish=["*"], payload=publisher)), *LINES)
        body = "\n".join(map(json.dumps, lines)).encode("ascii")
        response = transport.request(server.hub, "POST", HUB, headers, body)
        if response.status == 200:
            sent.extend(line["data"] for line in lines)
        return response

    def check_refused(response):
        nonlocal refused
        refused += 1
        return check_limit(response, 429, "10 updates a second", "publisher")

    check_equal(post("greedy", 35).status, 200, "a batch of 35")
    start = time.monotonic()
    after = check_refused(post("greedy"))
    due = time.monotonic() + after
    check(after in (2, 3), f"35 updates at 10 a second are paid for in 2.6 s, and Retry-After is {after}")
    check_refused(post("greedy", 2))
    # Another token does not feel it, nor does whoever brings none or a wrong one.
    check_equal(post("modest").status, 200, "another token's update")
    check_equal(transport.request(server.hub, "POST", HUB, FORM, b"topic=a").status, 401, "without a token")
    while time.monotonic() - start < 1.8:
        check_refused(post("greedy"))
        time.sleep(0.1)
    time.sleep(max(0, due - time.monotonic()))
    check_equal(post("greedy").status, 200, "an update after as many seconds as Retry-After said")
    # As fast as it can for two seconds: what is in the bucket, and ten a second.
    begun, accepted = time.monotonic(), 0
    while time.monotonic() - begun < 2:
        response = post("fast")
        if response.status == 200:
            accepted += 1
        else:
            check_equal(check_refused(response), 1, "Retry-After where one update is owed")
            time.sleep(0.01)
    taken = time.monotonic() - begun
    check(15 <= accepted <= 11 + 10 * taken, f"{accepted} updates were let through in {taken:.1f} s")
    check_refusals(server, publishRate=refused, unauthorized=1)
    check_equal([event.data for event in stream.read(len(sent))], sent, "what came")
    check_equal(server.status()["logLast"], len(sent), "updates in the log")
    return f"{accepted} updates in {taken:.1f} s"


@over((PLAIN, HTTP2), "limits: streams end within streams.max-age, one after the other, and resume without loss")
def most_age(context, name):
    transport = context.transport(name)
    server = limited(context, transport, streams={"max-age": f"{AGE}s"})
    publisher = context.closes(Connection(server.hub, tls=transport.tls)) if name != HTTP2 else None
    streams = [open_stream(context, transport, server) for _ in range(20)]
    begun = time.monotonic()
    got = [[] for _ in streams]
    ended_at = [None] * len(streams)
    published = []

    def publish():
        data = str(len(published))
        sends = publisher.request if publisher else lambda *request: transport.request(server.hub, *request)
        check_equal(sends("POST", "/topics/a", (), data.encode("ascii")).status, 200, "publishing")
        published.append(data)

    while None in ended_at:
        check(time.monotonic() - begun < AGE + 3, f"{ended_at.count(None)} streams are older than {AGE} s")
        publish()
        for number, stream in enumerate(streams):
            stream.receive(0.001)
            got[number] += stream.read(len(stream.events) - stream.taken)
            if stream.end:
                check_equal(stream.end, "terminated", "how a stream ended")
                ended_at[number] = ended_at[number] or time.monotonic() - begun
                last = got[number][-1].id
                streams[number] = context.closes(transport.stream(server.hub, hub_path("a"), last))
                check_equal(streams[number].status, 200, "the status of a stream that comes back")
    # Each ends between 80 % and 100 % of the age, which is looked at once a second.
    first, last = min(ended_at), max(ended_at)
    check(AGE * 0.8 - 0.1 <= first and last <= AGE + 1.5, f"they ended after {first:.1f} to {last:.1f} s")
    check(last - first > 0.5, f"all of them ended within {last - first:.2f} s")
    for _ in range(20):
        publish()
    for number, stream in enumerate(streams):
        left = len(published) - len(got[number])
        check_equal([event.data for event in got[number] + stream.read(left)], published, f"what client {number} got")
    check_refusals(server)
    return f"ended after {first:.1f} to {last:.1f} s; {len(published)} updates"
