"""A MariaDB of a test's own: `martlet`, who may only read, and `root`, who may do all, in the database `app`."""

import shutil

from .engine import Engine
from .outcome import Failure

PROGRAM = shutil.which("mariadbd", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") or "mariadbd"


class MariaDB(Engine):
    name = "MariaDB"
    user = "mysql"

    def prepare(self):
        if not shutil.which(PROGRAM):
            raise Failure("MariaDB is not installed")
        self.run([
            "mariadb-install-db", "--no-defaults", f"--datadir={self.path('data')}", "--skip-test-db",
            "--auth-root-authentication-method=normal", "--innodb-log-file-size=8M",
        ])  # fmt: skip

    def set_up(self):
        self.sql(
            "CREATE USER martlet@'127.0.0.1' IDENTIFIED BY 'p@ss:word'; GRANT SELECT ON app.* TO martlet@'127.0.0.1'",
            database="mysql",
        )

    def begin(self, *statements):
        """A new, empty database in which `statements` are run."""
        self.sql("DROP DATABASE IF EXISTS app; CREATE DATABASE app", database="mysql")
        for statement in statements:
            self.sql(statement)

    @property
    def url(self):
        return f"mysql://martlet:p%40ss%3Aword@{self.address}/app"

    @property
    def socket(self):
        return self.path("socket")

    def command(self):
        return [
            PROGRAM, "--no-defaults", f"--datadir={self.path('data')}", f"--port={self.port}",
            "--bind-address=127.0.0.1", f"--socket={self.socket}", f"--pid-file={self.path('pid')}",
            "--skip-name-resolve", "--character-set-server=utf8mb4", "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=16M", "--userstat=1", "--innodb-log-file-size=8M",
            "--max-connections=400",
        ]  # fmt: skip

    def answers(self):
        try:
            return self.sql("SELECT 1", database="mysql") == "1"
        except Failure:
            return False

    def sql(self, text, database="app"):
        """What the client prints, with tabs between fields."""
        return self.run(
            [
                "mariadb", "--no-defaults", "--batch", "-N", "--default-character-set=utf8mb4",
                f"--socket={self.socket}", "-u", "root", database,
            ],
            input=text,
        ).strip()  # fmt: skip

    def queries(self, user="martlet"):
        """How many statements a user has had run, by the server's count."""
        return int(
            self.sql(
                "SELECT coalesce(sum(select_commands + update_commands + other_commands), 0)"
                f" FROM information_schema.user_statistics WHERE user = '{user}'",
                database="mysql",
            )
        )
