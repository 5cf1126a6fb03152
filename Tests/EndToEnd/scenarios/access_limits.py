"""How many streams an address and the hub have, and how many selectors a stream; beyond it is a sentence."""

import json

from harness.http1 import Connection
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.stream import HUB, hub_path
from harness.transport import HTTP2, PLAIN, TRANSPORTS
from harness.waiting import wait_for


def over(transports, sentence):
    """Registers a function of a context and a transport's name, once for each."""

    def register(function):
        for name in transports:
            scenario(f"{sentence} ({name})", name=name)(function)
        return function

    return register


# A hub without keys serves its own machine only, whatever a proxy says of others.
KEYED = {"auth": {"publish": {"key": "a key of thirty-two bytes or more."}, "anonymous": True}}


def limited(context, transport, **configuration):
    """A server with this configuration that is reached by `transport`."""
    return context.server(config=json.dumps({**configuration, **transport.settings}) + "\n", loops=2)


def open_stream(context, transport, server, headers=(), path=hub_path("a")):
    return context.closes(transport.stream(server.hub, path, headers=headers))


def check_limit(response, status, *words):
    """It is refused with a sentence that has these words; after how many seconds trying again makes sense."""
    check_equal(response.status, status, f"the status of {response.body[:200]!r}")
    check_equal(response.headers.get("content-type", "").partition(";")[0], "text/plain", "the type of a refusal")
    text = response.body.decode("utf-8")
    for word in words:
        check(word in text, f"{word!r} is not in the sentence {text!r}")
    if status == 400:
        return None
    after = response.headers.get("retry-after", "")
    check(after.isdigit() and int(after) > 0, f"Retry-After: {after!r}")
    return int(after)


def check_refusals(server, **wanted):
    found = server.status()["refusals"]
    check_equal({name: count for name, count in found.items() if count}, wanted, "what was refused")


def admitted(context, transport, server, headers=()):
    """A stream, once there is room for it again, and how often there was none before."""
    refused = 0

    def opened():
        nonlocal refused
        stream = open_stream(context, transport, server, headers)
        if stream.status == 200:
            return stream
        check_equal(stream.status, 429, "the status where there is no room yet")
        refused += 1
        return None

    return wait_for(opened, 5, "there is room for a stream again", every=0.02), refused


@over(TRANSPORTS, "limits: an address has so many streams and no more, until one ends")
def per_address(context, name):
    transport = context.transport(name)
    server = limited(context, transport, streams={"per-address": 3})
    streams = [open_stream(context, transport, server) for _ in range(3)]
    check_equal([stream.status for stream in streams], [200] * 3, "what the first three are told")
    check_limit(open_stream(context, transport, server), 429, "3", "address")
    check_equal(server.status()["streams"], 3, "open streams")
    check_refusals(server, streamsPerAddress=1)
    # Who has all of its streams may still publish, and those that are open go on.
    check_equal(transport.request(server.hub, "POST", "/topics/a", (), b"x").status, 200, "publishing")
    check_equal([stream.read(1)[0].data for stream in streams], ["x"] * 3, "what the first three got")
    streams.pop().close()
    stream, refused = admitted(context, transport, server)
    streams.append(stream)
    # What is refused for another reason, ended at once or never read takes nobody's place in the end.
    for _ in range(30):
        streams.pop(0).close()
        check_equal(open_stream(context, transport, server, path=HUB).status, 400, "a stream without a topic")
        stream, more = admitted(context, transport, server)
        refused += more
        streams.append(stream)
    if name == HTTP2:
        # With its connection, not stream by stream.
        transport.close()
    for stream in streams:
        stream.close()
    if name == PLAIN:
        # Gone before it is known where they begin.
        for _ in range(100):
            with Connection(server.hub) as connection:
                connection.send(connection.head("GET", hub_path("a"), [("Last-Event-ID", "unknown")]))
    server.wait_for_status(lambda s: s["streams"] == 0, 5, "all streams are let go")
    told = server.status()["refusals"]["streamsPerAddress"]
    again = [admitted(context, transport, server)[0] for _ in range(3)]
    check_limit(open_stream(context, transport, server), 429, "3", "address")
    check_equal([stream.end for stream in again], [None] * 3, "how streams within the limit ended")
    if name != PLAIN:
        check_equal(told, 1 + refused, "refusals that were counted")


@over((PLAIN, HTTP2), "limits: streams are counted for whom a trusted proxy speaks, and nobody else is believed")
def forwarded(context, name):
    transport = context.transport(name)
    proxies = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"]
    server = limited(context, transport, **{"streams": {"per-address": 1}, "trusted-proxies": proxies}, **KEYED)

    def fields(hops):
        # None is no field; several are several fields.
        return [("X-Forwarded-For", hop) for hop in ([hops] if isinstance(hops, str) else hops or ())]

    client = "203.0.113.9"
    same = (
        ("a client with itself", client, client),
        ("what a client claims", f"198.51.100.1, {client}", f"198.51.100.2, {client}"),
        ("many forged hops", ", ".join(f"198.51.100.{n}" for n in range(200)) + f", {client}", client),
        ("a forged hop that is a trusted proxy", f"198.51.100.1, 10.0.0.1, {client}", client),
        ("forged garbage", f"<script>, ,;\"%00, 999.1.1.1, {client}", client),
        ("a forged field before the proxy's", ["198.51.100.1", client], client),
        ("behind another trusted proxy", f"{client}, 10.1.2.3", client),
        ("behind a trusted proxy with IPv6", f"198.51.100.1, {client}, fd00::7, 10.1.2.3", client),
        ("blanks around it", f"198.51.100.1 ,   {client}  ", client),
        ("a tab before it", f"198.51.100.1,\t{client}", client),
        ("a port behind it", f"{client}:4711", client),
        ("a port behind an IPv6 address", "[2001:db8:0:1::1]:4711", "2001:db8:0:1::2"),
        ("IPv4 within IPv6", f"::ffff:{client}", client),
        ("one network of IPv6", "2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff"),
        ("one IPv6 address in two forms", "2001:DB8:0:1:0:0:0:1", "2001:db8:0:1::1"),
        ("no address at all, and none forwarded", "unknown", None),
        ("garbage of the proxy itself", f"{client}, unknown", None),
        ("an empty field", "", None),
        ("proxies only", "10.0.0.2, 10.0.0.1", "10.0.0.2"),
    )
    other = (
        ("two clients", client, "203.0.113.10"),
        ("two clients behind a proxy", f"{client}, 10.1.2.3", "203.0.113.10, 10.1.2.3"),
        ("a client and the proxy", client, None),
        ("two networks of IPv6", "2001:db8:0:1::1", "2001:db8:0:2::1"),
        ("IPv6 and IPv4", "2001:db8::1", client),
    )
    for rows, status in ((same, 429), (other, 200)):
        for what, first, second in rows:
            held = admitted(context, transport, server, fields(first))[0]
            stream = open_stream(context, transport, server, fields(second))
            check_equal(stream.status, status, f"{what}: a stream of {second!r} beside one of {str(first)[:80]!r}")
            for opened in (held, stream):
                opened.close()
            server.wait_for_status(lambda s: s["streams"] == 0, 5, "they are let go")
    if name == PLAIN:
        # Another address of this machine is no proxy, so its word counts for nothing.
        held = context.stream(server, hub_path("a"), headers=fields(client), source="127.0.0.2")
        check_equal(held.status, 200, "the first stream of 127.0.0.2")
        for claimed in ("203.0.113.10", "127.0.0.1", None):
            stream = context.stream(server, hub_path("a"), headers=fields(claimed), source="127.0.0.2")
            check_limit(stream, 429, "address")
        check_equal(open_stream(context, transport, server).status, 200, "a stream of 127.0.0.1")


@scenario("limits: without trusted-proxies X-Forwarded-For counts for nothing")
def untrusting(context):
    transport = context.transport(PLAIN)
    server = limited(context, transport, streams={"per-address": 2}, **KEYED)
    for number in range(2):
        headers = [("X-Forwarded-For", f"203.0.113.{number}")]
        check_equal(open_stream(context, transport, server, headers).status, 200, "one of the first two streams")
    headers = [("X-Forwarded-For", "203.0.113.7")]
    check_limit(open_stream(context, transport, server, headers), 429, "trusted-proxies")
    check_equal(context.stream(server, hub_path("a"), source="127.0.0.2").status, 200, "a stream of 127.0.0.2")
    check_refusals(server, streamsPerAddress=1)


@over((PLAIN, HTTP2), "limits: the hub has so many streams and no more, until one ends")
def most(context, name):
    transport = context.transport(name)
    server = limited(context, transport, streams={"max": 4})
    streams = [open_stream(context, transport, server) for _ in range(4)]
    check_equal([stream.status for stream in streams], [200] * 4, "what the first four are told")
    check_limit(open_stream(context, transport, server), 503, "as it may: 4")
    check_equal(transport.request(server.hub, "HEAD", hub_path("a")).status, 503, "HEAD of a stream too many")
    check_refusals(server, streams=2)
    check_equal(transport.request(server.hub, "POST", "/topics/a", (), b"x").status, 200, "publishing")
    check_equal([stream.read(1)[0].data for stream in streams], ["x"] * 4, "what the first four got")
    check_equal(transport.request(server.hub, "GET", "/readyz").status, 200, "/readyz")
    streams.pop().close()
    wait_for(lambda: open_stream(context, transport, server).status == 200, 5, "there is room again", every=0.02)
    check_limit(open_stream(context, transport, server), 503, "as it may: 4")


@over((PLAIN, HTTP2), "limits: a stream has so many selectors and no more")
def selectors(context, name):
    transport = context.transport(name)
    server = limited(context, transport, limits={"selectors": 3})
    check_equal(open_stream(context, transport, server, path=hub_path("a", "{b}", "c/{+d}")).status, 200, "three")
    for topics in ("abcd", ["a", "{b}", "c/{+d}", "e"], [str(number) for number in range(500)]):
        check_limit(open_stream(context, transport, server, path=hub_path(*topics)), 400, "3 topics")
    check_equal(transport.request(server.hub, "HEAD", hub_path(*"abcd")).status, 400, "HEAD with four")
    check_refusals(server, selectors=4)
    # Where each is announced they are fewer, unless more are asked for.
    for settings, limit in (({}, 100), ({"limits": {"selectors": 400}}, 400)):
        auth = {"auth": KEYED["auth"] | {"subscribe": {"key": "another key of thirty-two bytes or more."}}}
        server = limited(context, transport, subscriptions=True, **settings, **auth)
        for count, status in ((limit, 200), (limit + 1, 400)):
            topics = map(str, range(count))
            stream = open_stream(context, transport, server, path=hub_path(*topics))
            check_equal(stream.status, status, f"a stream of {count} topics with {settings}")
