"""Nothing private reaches whom it is not granted: random updates, requests and grants against a plain model."""

import json
import re
import urllib.parse

from harness.outcome import Failure, check, check_equal
from harness.scenario import scenario
from harness.stream import HUB
from harness.tokens import bearer, token
from harness.transport import HTTP2, PLAIN

from .mercure.hub import ANYBODY, SUBSCRIBE_KEY, Hub, path

API = HUB + "/subscriptions"
ONE = API + "/{topic}/{subscriber}"
END = "https://example.com/the-end"
SUBSCRIBERS, UPDATES = 250, 60

# What a value without reserved characters can be.
VALUE = r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})+"
# And one that may hold reserved ones too; a brace is neither, so that no template expands to one.
RESERVED_VALUE = r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-F]{2})+"
# The templates that are drawn from, each with what it can expand to.
TEMPLATES = {
    "users/{id}": rf"users/{VALUE}",
    "users/{id}/notices": rf"users/{VALUE}/notices",
    "users/{user}/notices/{id}": rf"users/{VALUE}/notices/{VALUE}",
    "users/{id:1}": r"users/(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})",
    "https://example.com/{+path}": rf"https://example\.com/{RESERVED_VALUE}",
    "https://example.com/books/{id}": rf"https://example\.com/books/{VALUE}",
    # Without a value there is neither its operator.
    "books{?q}": rf"books(?:\?q={VALUE})?",
    "books{/id}": rf"books(?:/{VALUE})?",
    API + "/{topic}": rf"{re.escape(API)}/{VALUE}",
    ONE: rf"{re.escape(API)}/{VALUE}/{VALUE}",
}
PATTERNS = {template: re.compile(pattern) for template, pattern in TEMPLATES.items()}
TOPICS = [
    "users/1", "users/2", "users/33", "users/a%2Fb", "users/a/b", "users", "users/{id}", "users/1/notices",
    "users/33/notices", "users/1/notices/7", "https://example.com/books/1", "https://example.com/books/1/reviews",
    "https://example.com/books/{id}", "https://example.org/books/1", "books?q=birds", "books/1", "books", "*x",
]  # fmt: skip


def selects(selector, topic):
    if selector in ("*", topic):
        return True
    return selector in PATTERNS and PATTERNS[selector].fullmatch(topic) is not None


def some_select(selectors, topics):
    return any(selects(selector, topic) for selector in selectors for topic in topics)


class Subscriber:
    """A request and a grant, drawn at random; `grants` is None without a token."""

    def __init__(self, random, number):
        self.number = number
        pool = TOPICS + list(TEMPLATES) * 2 + ["*"] * 3
        self.selectors = sorted(set(random.choices(pool, k=random.randint(1, 3))))
        self.grants = None if random.random() < 0.1 else sorted(set(random.choices(pool, k=random.randint(0, 3))))
        self.token = None
        if self.grants is not None:
            # An empty list and a missing one mean the same.
            listed = self.grants or random.choice([None, []])
            namespaced = random.random() < 0.5
            self.token = token(SUBSCRIBE_KEY, subscribe=listed, payload={"number": number}, namespaced=namespaced)

    def receives(self, topics, private):
        """The model: the rule for one update, as the protocol has it."""
        return some_select(self.selectors, topics) and (not private or some_select(self.grants or [], topics))

    def watches(self):
        """Whether it gets every subscription's coming and going."""
        return all(any(one in ("*", ONE) for one in list) for list in (self.selectors, self.grants or []))

    def open(self, hub, last_event_id=None, reader=None):
        # The end is public, and an exact topic of everybody's.
        if reader is None:
            return hub.subscribe(END, *self.selectors, token=self.token, last_event_id=last_event_id)
        headers = [bearer(self.token)] if self.token else []
        stream = reader(hub.server.hub, path(END, *self.selectors), last_event_id, headers)
        hub.streams.append(stream)
        return stream

    def __repr__(self):
        return f"subscriber {self.number}, which requests {self.selectors} and is granted {self.grants}"


class Update:
    def __init__(self, random, number):
        self.number = number
        self.topics = random.sample(TOPICS, random.choice([1, 1, 2, 3]))
        self.private = random.random() < 0.6
        # Of any length, since short ones are not compressed.
        self.data = f"{number}{'.' * random.choice([0, 0, 250])}"
        self.id = None

    def publish(self, hub):
        fields = {"private": "on"} if self.private else {}
        self.id = hub.publish(*self.topics, data=self.data, **fields)

    def __repr__(self):
        return f"{'private' if self.private else 'public'} update {self.number} of {self.topics}"


def read(subscriber, stream, end):
    """The numbers of the updates that came before the end, and the subscriptions; all may be there."""
    numbers, subscriptions = [], []
    for event in stream.read_until(lambda event: event.id == end, within=20):
        if event.data.startswith("{"):
            found = json.loads(event.data)
            allowed = all(some_select(list, [found["id"]]) for list in (subscriber.selectors, subscriber.grants or []))
            check(allowed, f"{subscriber} got the subscription {found}")
            subscriptions.append(found)
        elif event.id != end:
            check_equal(event.type, "message", "an event's type")
            numbers.append(int(event.data.rstrip(".")))
    return numbers, subscriptions


def check_model(subscriber, found, updates, how):
    wanted = [update.number for update in updates if subscriber.receives(update.topics, update.private)]
    if found == wanted:
        return len(found)
    by_number = {update.number: update for update in updates}
    for number in set(found) - set(wanted):
        raise Failure(f"{how}: {subscriber}, got the {by_number.get(number, f'update {number}')}")
    for number in set(wanted) - set(found):
        raise Failure(f"{how}: {subscriber}, did not get the {by_number[number]}")
    raise Failure(f"{how}: {subscriber}, got {found} where {wanted} is the order")


@scenario("private updates against a model: live, after any id, from earliest", log="memory", transport=PLAIN)
@scenario(
    "private updates against a model: live, after any id, from earliest (sqlite)", log="sqlite:hub.db", transport=PLAIN
)
@scenario("private updates against a model: live, after any id, from earliest (HTTP/2)", log="memory", transport=HTTP2)
def model(context, log, transport):
    random = context.random
    settings = {"auth": ANYBODY, "subscriptions": True, "streams": {"heartbeat": "60s"}}
    hub = Hub(context, context.transport(transport), settings, log)
    subscribers = [Subscriber(random, number) for number in range(SUBSCRIBERS)]
    updates = [Update(random, number) for number in range(UPDATES)]
    streams = [subscriber.open(hub) for subscriber in subscribers]
    for update in updates:
        update.publish(hub)
    end = hub.publish(END, data="the end")
    delivered = comings = 0
    for subscriber, stream in zip(subscribers, streams):
        numbers, subscriptions = read(subscriber, stream, end)
        delivered += check_model(subscriber, numbers, updates, "live")
        comings += check_comings(subscriber, subscribers, subscriptions)
    hub.close_streams()
    for how in ("after an id", "from earliest"):
        context.progress(f"{delivered:,} deliveries are as the model has them; next: {how}")
        for subscriber in subscribers:
            # Of any update, so also of one that it must not see.
            start = random.randrange(UPDATES) if how == "after an id" else -1
            place = updates[start].id if start >= 0 else "earliest"
            stream = subscriber.open(hub, place)
            numbers, _ = read(subscriber, stream, end)
            check_equal(stream.headers.get("last-event-id"), place, "Last-Event-ID")
            delivered += check_model(subscriber, numbers, updates[start + 1:], how)
            hub.close_streams()
    return f"{3 * SUBSCRIBERS * UPDATES:,} triples, {delivered:,} deliveries, {comings:,} subscriptions told"


def check_comings(subscriber, subscribers, subscriptions):
    """Who came after it, of those whose token says who they are, is told to one that watches, once for each topic."""
    found = [(one.get("payload"), one["topic"]) for one in subscriptions if one["active"]]
    later = [(p["number"], topic) for p, topic in found if p and p["number"] > subscriber.number]
    wanted = [
        (other.number, topic)
        for other in subscribers[subscriber.number + 1:] * subscriber.watches()
        if other.token
        for topic in (END, *other.selectors)
    ]
    check_equal(sorted(later), sorted(wanted), f"the subscriptions of which {subscriber} was told")
    return len(later)


@scenario("the subscriptions API against a model: it shows nothing that the claim does not cover")
def api(context):
    random = context.random
    hub = Hub(context, context.transport(PLAIN), {"auth": ANYBODY, "subscriptions": True})
    subscribers = [Subscriber(random, number) for number in range(60)]
    for subscriber in subscribers:
        subscriber.open(hub)
    wanted = sorted((s.number, topic) for s in subscribers if s.token for topic in (END, *s.selectors))

    def numbered(list):
        return sorted((one["payload"]["number"], one["topic"]) for one in list if one.get("payload"))

    everything = bearer(token(SUBSCRIBE_KEY, subscribe=["*"]))
    response = hub.get(API, everything)
    check_equal(response.status, 200, f"the status of {API}")
    listed = json.loads(response.text)["subscriptions"]
    check_equal(numbered(listed), wanted, "all subscriptions")
    urls = {API: listed}
    for topic in {one["topic"] for one in listed}:
        urls[f"{API}/{urllib.parse.quote(topic, safe='')}"] = [one for one in listed if one["topic"] == topic]
    urls |= {one["id"]: [one] for one in listed}
    shown = refused = 0
    for _ in range(1500):
        url = random.choice(random.choice([[API], [u for u in urls if u.count("/") == 4], list(urls)]))
        near = [API, API + "/{topic}", ONE, url, random.choice(list(urls)), url + "/", url[:-1]]
        grants = random.choices(TOPICS + list(TEMPLATES) + near * 4, k=random.randint(0, 2))
        response = hub.get(url, bearer(token(SUBSCRIBE_KEY, subscribe=grants)))
        if not some_select(grants, [url]):
            check_equal(response.status, 401, f"the status of {url} with {grants}")
            check(b"urn:uuid:" not in response.body, f"a refusal that tells of subscriptions: {response.body!r}")
            refused += 1
            continue
        check_equal(response.status, 200, f"the status of {url} with {grants}")
        found = json.loads(response.text)
        found = found["subscriptions"] if found["type"] == "Subscriptions" else [found]
        may = {(one["id"], one["subscriber"]) for one in urls[url]}
        check({(one["id"], one["subscriber"]) for one in found} <= may, f"{url} shows more than its own")
        shown += 1
    check(refused > 100 and shown > 100, f"{shown} documents and {refused} refusals; the test shows too little")
    check_equal(hub.get(API).status, 401, "the status without a token")
    check_equal(hub.stream(path(END)).status, 200, "the status of a stream afterwards")
    return f"{shown} documents, {refused} refusals"
