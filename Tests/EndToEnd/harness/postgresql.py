"""A PostgreSQL of a test's own: `martlet`, who may only read, and `postgres`, who may do all, in the database `app`."""

import os
import shutil
import subprocess

from .engine import Engine
from .lifetime import die_with_parent
from .outcome import Failure
from .waiting import wait_for

VERSIONS = "/usr/lib/postgresql"


class PostgreSQL(Engine):
    name = "PostgreSQL"
    user = "postgres"

    def prepare(self):
        versions = sorted(os.listdir(VERSIONS), key=float) if os.path.isdir(VERSIONS) else []
        initdb = os.path.join(VERSIONS, versions[-1], "bin", "initdb") if versions else shutil.which("initdb")
        if not initdb:
            raise Failure("PostgreSQL is not installed")
        self.programs = os.path.dirname(initdb)
        self.run([
            initdb, "-D", self.path("data"), "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync",
            "--auth-local=trust", "--auth-host=scram-sha-256",
        ])  # fmt: skip

    def set_up(self):
        self.sql(
            "CREATE EXTENSION pg_stat_statements; CREATE ROLE martlet LOGIN PASSWORD 'p@ss:word'", database="postgres"
        )

    def begin(self, *statements):
        """A new, empty database in which `statements` are run."""
        self.sql("DROP DATABASE IF EXISTS app WITH (FORCE)", database="postgres")
        self.sql("CREATE DATABASE app", database="postgres")
        self.sql("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO martlet")
        for statement in statements:
            self.sql(statement)

    @property
    def url(self):
        return f"postgresql://martlet:p%40ss%3Aword@{self.address}/app"

    def command(self):
        return [
            os.path.join(self.programs, "postgres"), "-D", self.path("data"), "-p", str(self.port),
            "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}", "-c", "fsync=off",
            "-c", "shared_buffers=32MB", "-c", "autovacuum=off",
            "-c", "shared_preload_libraries=pg_stat_statements", "-c", "pg_stat_statements.track=all",
        ]  # fmt: skip

    def answers(self):
        try:
            return self.sql("SELECT 1", database="postgres") == "1"
        except Failure:
            return False

    def kill(self):
        super().kill()
        # Its children find out on their own, and until then nobody may take its place.
        wait_for(lambda: not self.has_children(), 20, "the children of PostgreSQL end")

    def has_children(self):
        """Whether any process still works in its data folder."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{entry}/cwd") == self.path("data"):
                    return True
            except OSError:
                continue
        return False

    def psql(self, database):
        return [
            os.path.join(self.programs, "psql"), "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", self.folder,
            "-p", str(self.port), "-U", "postgres", database,
        ]  # fmt: skip

    def sql(self, text, database="app"):
        """What psql prints, with `|` between fields."""
        return self.run(self.psql(database), input=text).strip()

    def session(self, database="app"):
        """A psql that runs what is written to its `stdin`, until that is closed."""
        return Session(
            self.psql(database), stdin=subprocess.PIPE, text=True, preexec_fn=die_with_parent, **self.as_user
        )

    def transactions(self):
        """How many have been committed or undone in `app`; those of a session at rest may come some seconds later."""
        return int(
            self.sql(
                "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = 'app'", database="postgres"
            )
        )

    def queries(self):
        """How many statements `martlet` has had run, by the server's count."""
        return int(
            self.sql(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid"
                " WHERE rolname = 'martlet'",
                database="postgres",
            )
        )

    def sessions(self):
        """How many connections `martlet` has."""
        return int(self.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'martlet'", database="postgres"))


class Session(subprocess.Popen):
    def close(self):
        if not self.stdin.closed:
            self.stdin.close()
        self.wait(10)
