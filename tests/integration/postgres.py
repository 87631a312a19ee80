# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL 15 of its own in a temporary directory: a unix socket there, no TCP, gone at the
end. Talks through psql."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile

BINARIES = pathlib.Path(os.environ.get("SITREP_POSTGRES_BIN", "/usr/lib/postgresql/15/bin"))
USER = "postgres"


def missing():
    """Why there can be no server, or nothing."""
    for program in ("initdb", "pg_ctl", "psql"):
        if not (BINARIES / program).exists():
            return f"no {BINARIES / program}; run scripts/setup"
    if os.geteuid() == 0 and USER not in {user.pw_name for user in pwd.getpwall()}:
        return f"PostgreSQL refuses to run as root, and there is no user {USER}"
    return ""


class Postgres:
    """Texts compare by their bytes, as in sitrep; letters have their cases outside ASCII too."""

    def __enter__(self):
        self._home = tempfile.mkdtemp(prefix="sitrep_pg_")
        if os.geteuid() == 0:
            shutil.chown(self._home, USER)
        try:
            self._run("initdb", "-D", f"{self._home}/data", "-U", USER, "-A", "trust", "-E", "UTF8",
                      "--lc-collate=C", "--lc-ctype=C.UTF-8", "--no-sync")
            settings = {"listen_addresses": "", "unix_socket_directories": self._home,
                        "fsync": "off", "timezone": "UTC"}
            options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
            self._run("pg_ctl", "-D", f"{self._home}/data", "-l", f"{self._home}/log", "-w",
                      "-o", options, "start")
        except BaseException:
            shutil.rmtree(self._home, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        self._run("pg_ctl", "-D", f"{self._home}/data", "-w", "-m", "immediate", "stop")
        shutil.rmtree(self._home, ignore_errors=True)

    def query(self, sql):
        """The lines that `sql` writes, any number of statements; raises on the first error."""
        done = subprocess.run(
            [BINARIES / "psql", "-h", self._home, "-U", USER, "-AtqX", "-v", "ON_ERROR_STOP=1"],
            input=sql, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr[:4000]}")
        return done.stdout.splitlines()

    def _run(self, program, *arguments):
        """As the user postgres when this is root: the server refuses root."""
        other = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        # Files instead of pipes: the server inherits them and would keep a pipe open.
        with tempfile.TemporaryFile("w+") as text:
            done = subprocess.run([*other, BINARIES / program, *arguments], stdout=text,
                                  stderr=text, stdin=subprocess.DEVNULL, cwd="/", check=False)
            text.seek(0)
            if done.returncode != 0:
                raise RuntimeError(f"{program} ended with {done.returncode}: {text.read()}")
