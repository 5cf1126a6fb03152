"""An SQLite database of a test's own, with the interface of the servers."""

import os
import shutil
import subprocess
import tempfile

from .outcome import Failure


class SQLite:
    name = "SQLite"

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="martlet-engine-")
        self.file = os.path.join(self.folder, "app.db")

    @property
    def address(self):
        return self.file

    def begin(self, *statements):
        """A new, empty database in which `statements` are run."""
        if os.path.exists(self.file):
            os.remove(self.file)
        for statement in statements:
            self.sql(statement)

    @property
    def url(self):
        return f"sqlite:{self.file}"

    def sql(self, text):
        done = subprocess.run(["sqlite3", self.file], input=text, capture_output=True, text=True, timeout=20)
        if done.returncode:
            raise Failure(f"sqlite3: {done.stderr}")
        return done.stdout.strip()

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
