"""Brings a database's schema to what this version of the service expects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import sqlalchemy
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.pool import NullPool

from services.common.errors import PartUnavailable

if TYPE_CHECKING:
    from services.provenance.core.records import AnswerRecord

MIGRATIONS: Final = Path(__file__).parent / "migrations"

Seal = Callable[[bytes], "AnswerRecord"]

_LOCK: Final = 0x67776972  # "gwir": any number that no other application of the same database takes.


def upgrade(dsn: str, seal: Seal | None = None, *, to: str = "head", lock_timeout_s: float = 10.0) -> None:
    """Run the migrations that are missing, all or none. Several replicas may call it at once: one works, others wait.

    Blocks: call it from a thread.

    Args:
        dsn: Where the database is, as `psycopg.connect` takes it.
        seal: Seals an answer of the first schema; without it, a database that has such answers is not upgraded.
        to: The revision to stop at.
        lock_timeout_s: How long to wait for another replica, seconds.

    Raises:
        PartUnavailable: The database is out of reach, refuses, or has the schema of a later version.
    """
    engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(dsn), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    try:
        with engine.begin() as connection:
            # Released by the end of the transaction, which is also the end of the migrations.
            lock_timeout = {"text": f"{lock_timeout_s * 1e3:.0f}"}
            connection.execute(sqlalchemy.text("SELECT set_config('lock_timeout', :text, true)"), lock_timeout)
            connection.execute(sqlalchemy.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            config.attributes.update(connection=connection, seal=seal or _refuse)
            command.upgrade(config, to)
    except (psycopg.Error, sqlalchemy.exc.DBAPIError) as error:
        raise PartUnavailable(
            f"postgres is out of reach, or refuses: {str(error).splitlines()[0]}",
            remedy="see that PostgreSQL runs, and GROUNDWIRE_PROVENANCE_DSN",
            part="postgres",
        ) from error
    except CommandError as error:
        raise PartUnavailable(
            f"postgres has a schema that this version does not know: {error}",
            remedy="run the version of the service that made it, or a later one",
            part="postgres",
        ) from error


def _refuse(_: bytes) -> AnswerRecord:
    raise CommandError("it has answers of the first schema, and nothing to seal them with")
