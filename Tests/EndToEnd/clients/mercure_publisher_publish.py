"""Publishes with PyPI's mercure-publisher, as an application would.

On standard input, as JSON: `hub` (its URL), `key` and the topics to `publish`; `update`; and whether to use the
`asynchronous` client. The output is JSON too: the `id` that the hub gave, or the `exception` with what it holds.
"""

import asyncio
import json
import sys

from mercure_publisher import AsyncMercurePublisher, MercureConfig, MercurePublisher, MercurePublishError

wanted = json.load(sys.stdin)
config = MercureConfig(hub_url=wanted["hub"], publisher_jwt_key=wanted["key"], publish_topics=wanted["publish"])
fields = dict(wanted["update"])
topics = fields.pop("topics")
data = fields.pop("data", "")


async def publish():
    async with AsyncMercurePublisher(config) as publisher:
        return await publisher.publish(topics, data, **fields)


try:
    if wanted["asynchronous"]:
        answer = {"id": asyncio.run(publish())}
    else:
        with MercurePublisher(config) as publisher:
            answer = {"id": publisher.publish(topics, data, **fields)}
except MercurePublishError as error:
    answer = {
        "exception": type(error).__name__,
        "message": str(error),
        "status": error.status_code,
        "body": error.response_body,
    }

print(json.dumps(answer))
