"""Where a study is kept: in memory, in a journal file, or in a database."""

import os
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skmirai.model_selection._search.lost_trials import (
    no_experimental_warnings,
    queue_again,
)
from skmirai.utils import import_optional

if TYPE_CHECKING:
    import optuna
    from optuna.storages.journal import JournalFileOpenLock
    from sqlalchemy import URL

# Seconds between two signs of life of a trial in a database, and from the last one
# until the trial is taken for lost.
HEARTBEAT_INTERVAL = 30
GRACE_PERIOD = 120


def opened_study(
    storage: "str | os.PathLike[str] | optuna.storages.BaseStorage | None",
    study_name: str | None,
    *,
    sampler: "optuna.samplers.BaseSampler | None",
    pruner: "optuna.pruners.BasePruner | None",
    study: "optuna.Study | None" = None,
) -> "optuna.Study":
    """Create or open the study of a search, which maximises one score.

    Parameters
    ----------
    storage : str, path, optuna.storages.BaseStorage or None
        None keeps the study in memory. A path names a journal file, which is created
        where its folder exists. A URL names a database: ``sqlite:///FILE``, or
        ``postgresql://USER:PASSWORD@HOST/DATABASE`` for workers on many hosts, which
        stands for ``postgresql+psycopg://`` and needs the extra ``postgres``.
    study_name : str or None
        A name opens the study of that name where there is one; None makes a new study.
    sampler : optuna.samplers.BaseSampler or None
        What draws parameters; None means that of `study`, or Optuna's default.
    pruner : optuna.pruners.BasePruner or None
        What ends trials early; None means that of `study`, or Optuna's default.
    study : optuna.Study, default=None
        An open study, in place of a storage and a name.

    Returns
    -------
    optuna.Study
        The study, with the trials that it has so far.

    Raises
    ------
    ValueError
        If the study minimises or has several objectives, if a file is no journal, if
        a URL is none of a database, or if `study` comes with a storage or a name.
    FileNotFoundError, IsADirectoryError
        If the folder of a journal is missing, or the journal is a folder.
    ConnectionError
        If a database cannot be opened. Its words leave passwords out.
    ImportError
        If Optuna or the driver of a database is not installed.
    TypeError
        If `storage` is of another type.
    """
    optuna = import_optional("optuna", extra="tune", purpose="searches")
    if study is None:
        study = optuna.create_study(
            storage=_opened(storage),
            study_name=study_name,
            load_if_exists=study_name is not None,
            direction="maximize",
            sampler=sampler,
            pruner=pruner,
        )
    elif storage is not None or study_name is not None:
        raise ValueError(
            f"the study {study.study_name!r} has a storage and a name: leave out "
            "storage and study_name, or study"
        )
    else:
        study.sampler = sampler or study.sampler
        study.pruner = pruner or study.pruner
    if study.directions != [optuna.study.StudyDirection.MAXIMIZE]:
        directions = ", ".join(direction.name.lower() for direction in study.directions)
        raise ValueError(
            f"the study {study.study_name!r} has the directions [{directions}], and a "
            "search maximises one score: choose another study_name, or create the "
            "study by optuna.create_study(direction='maximize')"
        )
    return study


def _opened(storage: Any) -> "optuna.storages.BaseStorage":
    """Open a storage, whatever names it."""
    optuna = import_optional("optuna", extra="tune", purpose="searches")
    if storage is None:
        return optuna.storages.InMemoryStorage()
    if isinstance(storage, optuna.storages.BaseStorage):
        return storage
    if isinstance(storage, str) and "://" in storage:
        return _database(storage)
    if isinstance(storage, str | os.PathLike):
        return _journal(Path(storage).expanduser().absolute())
    raise TypeError(
        f"storage={storage!r} must be None, the path of a journal file, the URL of a "
        "database or one of optuna.storages"
    )


def _journal(path: Path) -> "optuna.storages.JournalStorage":
    """Open a journal file, or create it."""
    journal = import_optional(
        "optuna.storages.journal", extra="tune", purpose="searches"
    )
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"storage={str(path)!r}: its folder is missing; create it first"
        )
    if path.is_dir():
        raise IsADirectoryError(
            f"storage={str(path)!r} is a folder; name a file in it for the journal"
        )
    # Optuna's other lock, its default, needs rights of an administrator on Windows.
    lock = journal.JournalFileOpenLock(str(path))
    if path.exists():
        _check_is_journal(path)
        _cut_torn_line(path, lock)
    return journal.JournalStorage(journal.JournalFileBackend(str(path), lock))


def _check_is_journal(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(4096)
    if head and b'"op_code":' not in head:
        remedy = "name another file"
        if head.startswith(b"SQLite format 3"):
            remedy = f"a SQLite database is opened by storage='sqlite:///{path}'"
        raise ValueError(f"storage={str(path)!r} is no journal of Optuna: {remedy}")


def _cut_torn_line(path: Path, lock: "JournalFileOpenLock") -> None:
    """Drop a last line that a full disk cut short: it would swallow the next one."""
    if path.read_bytes()[-1:] in (b"", b"\n"):
        return
    lock.acquire()  # what looks torn may be a line that another process writes now
    try:
        os.truncate(path, path.read_bytes().rfind(b"\n") + 1)
    finally:
        lock.release()


def _database(address: str) -> "optuna.storages.RDBStorage":
    """Open the database that a URL names."""
    sqlalchemy = import_optional("sqlalchemy", extra="tune", purpose="databases")
    try:
        url = sqlalchemy.make_url(address)
        if url.drivername in ("postgres", "postgresql"):
            url = url.set(drivername="postgresql+psycopg")
        driver = url.get_driver_name()
    except (ValueError, sqlalchemy.exc.ArgumentError):
        # What was raised may quote a part of a password.
        raise ValueError(
            f"storage='{address.partition('://')[0]}://...' is no URL of a database, "
            "such as sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE "
            "(in a password, %40 stands for @ and %2F for /)"
        ) from None
    if _is_sqlite(url) and url.database in (None, "", ":memory:"):
        raise ValueError(
            "storage='sqlite:///:memory:' would be another database in each thread: "
            "storage=None keeps a study in memory"
        )
    shown = str(url.difference_update_query(["password", "sslpassword"]))
    try:
        _create_tables(url)
        return _opened_database(url)
    except ImportError as error:
        remedy = "install it"
        if driver == "psycopg":
            remedy = "pip install 'skmirai[postgres]'"
        raise ImportError(
            f"storage={shown!r} needs the driver {driver!r}: {remedy}"
        ) from error
    except sqlalchemy.exc.DBAPIError as error:
        reason = " ".join(str(error.orig).split())
        remedy = "start the database, or correct its address, user or password"
        if _is_sqlite(url):
            remedy = "name a new file in an existing folder, or one of SQLite"
        raise ConnectionError(
            f"storage={shown!r} cannot be opened: {reason}; {remedy}"
        ) from error


def _is_sqlite(url: "URL") -> bool:
    return url.get_backend_name() == "sqlite"


def _create_tables(url: "URL") -> None:
    """Create the tables of a database where they are missing.

    Where several processes do it at once, all but the first fail, and find them when
    they try again.
    """
    optuna = import_optional("optuna", extra="tune", purpose="searches")
    sqlalchemy = import_optional("sqlalchemy", extra="tune", purpose="databases")
    for tries_left in reversed(range(10)):
        try:
            optuna.storages.RDBStorage(
                url.render_as_string(hide_password=False),
                {"poolclass": sqlalchemy.pool.NullPool},
            )
            break
        except sqlalchemy.exc.DBAPIError as error:
            # Only SQLite says so of tables; others mean that there is no connection.
            is_operational = isinstance(error, sqlalchemy.exc.OperationalError)
            if not tries_left or (is_operational and not _is_sqlite(url)):
                raise


def _opened_database(url: "URL") -> "optuna.storages.RDBStorage":
    """Open a database that has its tables, with heartbeats."""
    optuna = import_optional("optuna", extra="tune", purpose="searches")
    sqlalchemy = import_optional("sqlalchemy", extra="tune", purpose="databases")
    # A worker keeps one connection while it trains: a server has no more than some.
    engine: dict[str, Any] = {"pool_size": 1, "max_overflow": -1, "pool_pre_ping": True}
    if _is_sqlite(url):
        engine["connect_args"] = {"timeout": 60}
    with no_experimental_warnings():
        database = optuna.storages.RDBStorage(
            url.render_as_string(hide_password=False),
            engine,
            heartbeat_interval=HEARTBEAT_INTERVAL,
            grace_period=GRACE_PERIOD,
            heartbeat_stale_trial_callback=queue_again(),
        )
    weakref.finalize(database, database.engine.dispose)
    if _is_sqlite(url):
        # SQLite locks no rows: two processes would read that a trial waits, and both
        # take it. A transaction that locks the file before it reads is alone.
        sqlalchemy.event.listen(
            database.engine,
            "begin",
            lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"),
        )
    return database
