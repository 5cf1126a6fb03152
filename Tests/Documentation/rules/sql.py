"""SQL: run, page by page, in a PostgreSQL of the run's own, with the tables that sources' examples speak of."""

from harness.outcome import Failure
from harness.postgresql import PostgreSQL
from outcome import Outcome, by_page, rule

TABLES = ["CREATE TABLE notice (user_id bigint)"]


@rule("sql")
def run(blocks, tools):
    database = tools.closes(PostgreSQL())
    for _, members in by_page(blocks):
        database.begin(*TABLES)
        for block in members:
            failure = None
            try:
                database.sql(block.code)
            except Failure as error:
                failure = str(error)
            yield Outcome(block, "run in PostgreSQL", failure)
