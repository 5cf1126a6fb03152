"""Who may use the admin listener when it takes a token, and what he may do there."""

import json

from harness.http1 import request
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.stream import Stream, hub_path
from harness.waiting import wait_for

TOKEN = "operators-only-0123456789"
PATHS = ("/", "/dashboard.js", "/metrics", "/status", "/connections", hub_path("a"), "/stats" + hub_path("stats"))
CONFIG = json.dumps({"admin-token": TOKEN, "auth": {"publish": {"key": "a key of publishers, 32 bytes or more"}, "anonymous": True}})


@scenario("operators: with admin-token nobody comes in without it, and nothing is granted on the main listener")
def token(context):
    server = context.server(config=CONFIG + "\n")
    bearer = [("Authorization", f"Bearer {TOKEN}")]
    for path in PATHS:
        wrong = [("Authorization", "Bearer wrong-wrong-wrong-wrong")]
        for fields, wanted in (([], 401), (wrong, 401), ([*bearer, ("Origin", "http://evil.example")], 403)):
            answer = request(server.admin, "GET", path, headers=fields)
            check_equal(answer.status, wanted, f"{path} with {fields}")
            check(answer.text.strip().endswith("."), f"{path} says {answer.text!r}")
    for path in PATHS[:5]:
        check_equal(request(server.admin, "GET", path, headers=bearer).status, 200, f"{path} with the token")
    # What an operator publishes privately reaches an operator, and nobody else.
    path = hub_path("secret")
    with Stream(server.hub, path) as outside, Stream(server.admin, path, headers=bearer) as inside:
        form = [*bearer, ("Content-Type", "application/x-www-form-urlencoded")]
        body = b"topic=secret&data=for+operators&private=on"
        check_equal(request(server.admin, "POST", "/.well-known/mercure", form, body).status, 200, "publishing")
        check_equal(inside.read(1)[0].data, "for operators", "what the operator is sent")
        check(outside.receive(0.3) in (None, []) and not outside.events, "somebody else was sent it")
        check_equal(request(server.hub, "POST", "/topics/secret", bearer, b"x").status, 401, "the main listener")
        listed = json.loads(request(server.admin, "GET", "/connections?filter=secret", headers=bearer).text)
        check_equal(listed["total"], 2, "streams of the topic")
        for one in listed["connections"]:
            check_equal(one["selectors"], ["secret"], "what it asks for")
            ended = request(server.admin, "DELETE", f"/connections/{one['id']}", headers=bearer)
            check_equal(ended.status, 204, "ending it")
        for stream in (outside, inside):
            wait_for(lambda stream=stream: stream.receive(0.1) is None or stream.end, 5, "the stream ends")
    for id in ("0-999", "9-0", "x", "-", "0", "0--1", "99999999999999999999-1"):
        check_equal(request(server.admin, "DELETE", f"/connections/{id}", headers=bearer).status, 404, f"ending {id}")
    for limit in ("0", "-1", "x", "10001"):
        check_equal(request(server.admin, "GET", f"/connections?limit={limit}", headers=bearer).status, 400, limit)


@scenario("operators: what the dashboard shows comes once a second, the last minutes first")
def stats(context):
    server = context.server()
    first = Stream(server.admin, "/stats" + hub_path("stats"))
    figures = [json.loads(event.data) for event in first.read(3, within=10)]
    gaps = [later["time"] - sooner["time"] for sooner, later in zip(figures, figures[1:])]
    check(all(500 < gap < 3000 for gap in gaps), f"they are {gaps} ms apart")
    with Stream(server.hub, hub_path("news")) as stream:
        request(server.hub, "POST", "/topics/news", body=b"x")
        stream.read(1)
        told = lambda event: json.loads(event.data)["deliveries"] == 1  # noqa: E731
        last = json.loads(first.read_until(told, 5)[-1].data)
    check_equal((last["streams"], last["updates"], last["opened"]), (1, 1, 1), "streams, updates, opened")
    check({"topic": "news", "updates": 1, "streams": 1} in last["topics"], f"topics are {last['topics']}")
    check(last["publish"] is None or last["publish"]["count"] == 1, f"publishing was {last['publish']}")
    with Stream(server.admin, "/stats" + hub_path("stats")) as again:
        check(len(again.read(4, within=1)) == 4, "a newcomer is not sent what was before")
    check_equal(request(server.admin, "POST", "/stats/topics/stats", body=b"x").status, 403, "publishing figures")
