"""Every sentence of the Mercure protocol as requests to the real server, by each way to reach it."""

from harness.scenario import scenario
from harness.transport import TRANSPORTS

from . import claims, comings, events, keyless, origins, private
from . import publishing, resuming, subscribing, subscriptions, tokens
from .table import Table

TABLES = [
    table
    for module in (subscribing, resuming, events, publishing, tokens, claims, private, origins, subscriptions, comings)
    for table in vars(module).values()
    if isinstance(table, Table)
]

for transport in TRANSPORTS:
    for table in TABLES:
        scenario(f"Mercure over {transport}: {table.subject}", transport=transport)(table.run)

for table in (keyless.HOSTS, keyless.ORIGINS, keyless.TOKENS):
    scenario(f"without keys: {table.subject}", transport=TRANSPORTS[0])(table.run)
