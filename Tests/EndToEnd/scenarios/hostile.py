"""That the hostile inputs are as many as they are said to be, and what thousands of them leave behind.

Their tables are in this package's other modules.
"""

import importlib

from harness.outcome import check
from harness.rows import TABLES
from harness.scenario import scenario
from harness.siege import KEYED, MIB, TLS, Siege

LEAST = 200
# So often each is tried; with TLS it takes ten rounds until the allocator has all that it takes for bodies of a MiB.
ROUNDS, STEADY = 18, 6
AGAIN = ("forms", "lines", "tokens in headers", "methods", "garbage", "targets")
MODULES = ("forms", "tokens", "targets", "http", "framing", "names", "slow", "http2", "floods")

for module in MODULES:
    importlib.import_module(f"scenarios.hostile_{module}")


@scenario("at least 200 distinct hostile inputs are tried")
def enough(context):
    distinct = {row.input for rows in TABLES.values() for row in rows}
    check(len(distinct) >= LEAST, f"only {len(distinct)} distinct inputs are declared")
    return f"{len(distinct)} inputs in {len(TABLES)} tables"


@scenario("thousands of hostile inputs, one after the other, leave memory and CPU where they were", kind=KEYED)
@scenario("thousands of hostile inputs over TLS, one after the other, leave memory and CPU where they were", kind=TLS)
def again(context, kind):
    # What is published stays in the log.
    rows = [row for name in AGAIN for row in TABLES[name] if not (row.slow or 200 in row.expected)]
    memory, cpu = [], []
    with Siege(context, kind) as siege:
        siege.growth = 128 * MIB
        for _ in range(ROUNDS):
            before = siege.server.cpu_seconds()
            siege.run(rows)
            cpu.append(siege.server.cpu_seconds() - before)
            memory.append(siege.server.resident() / MIB)
        earlier, later = max(memory[-2 * STEADY:-STEADY]), max(memory[-STEADY:])
        check(later < earlier + 6, f"memory still grew from {earlier:.1f} to {later:.1f} MiB")
        earlier, later = sum(cpu[:STEADY]), sum(cpu[-STEADY:])
        check(later < 2 * earlier + 0.1, f"the same took {earlier:.2f} s of CPU at first and {later:.2f} s at last")
    return f"{ROUNDS * len(rows):,} inputs; {memory[0]:.0f}, then {memory[-1]:.0f} MiB; {later / STEADY:.2f} s a round"
