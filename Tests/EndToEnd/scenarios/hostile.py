"""That the hostile inputs are as many as they are said to be. Their tables are in this package's other modules."""

import importlib

from harness.outcome import check
from harness.rows import TABLES
from harness.scenario import scenario

LEAST = 200
MODULES = ("forms", "tokens", "targets", "http", "framing", "names", "slow", "http2", "floods")

for module in MODULES:
    importlib.import_module(f"scenarios.hostile_{module}")


@scenario("at least 200 distinct hostile inputs are tried")
def enough(context):
    distinct = {row.input for rows in TABLES.values() for row in rows}
    check(len(distinct) >= LEAST, f"only {len(distinct)} distinct inputs are declared")
    return f"{len(distinct)} inputs in {len(TABLES)} tables"
