"""What `quadrille doctor` looks at: each check is one function that answers with a finding."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app import build, migrations
from backend.core import db, mail, redis, safety, sandbox_launcher
from backend.core.settings import Settings, settings
from backend.inference import prices
from backend.inference import workers as inference
from backend.runs import workers as run_workers

State = Literal["ok", "note", "unsafe", "broken"]
_LOW_DISK_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Finding:
    """How one thing stands, and what to do about it."""

    name: str
    state: State
    words: str
    fix: str = ""


async def findings() -> list[Finding]:
    """Every check, in the order in which a person would look."""
    return [await check() for check in CHECKS]


async def python() -> Finding:
    """The interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "ok", f"{version} at {sys.executable}")


async def refused() -> Finding:
    """The settings with which nothing starts."""
    found = safety.fatal()
    if not found:
        return Finding("Settings", "ok", "safe to start with")
    words = "\n".join(f"{one.place}: {one.message}" for one in found)
    return Finding("Settings", "broken", words, " ".join(one.fix for one in found))


async def model_prices() -> Finding:
    """The operator's own prices of models."""
    found = prices.problems()
    if found:
        return Finding("Model prices", "unsafe", found[0].message, found[0].fix)
    own = prices.own_file()
    return Finding(
        "Model prices", "ok", f"{own} goes before the product's own" if own.exists() else "the product's own"
    )


async def node() -> Finding:
    """Node, which comes from PyPI, and the built pages."""
    if build.frontend_is_current():
        return Finding("Pages", "ok", "built and current")
    return Finding(
        "Pages", "note", "not built, or older than the code", "`make run` builds them (about a minute)."
    )


async def data_folder() -> Finding:
    """The data folder: writable, and room in it."""
    folder = settings().data_dir
    if not folder.exists():
        return Finding("Data folder", "note", f"{folder} does not exist yet", "`make run` creates it.")
    if not os.access(folder, os.W_OK):
        return Finding(
            "Data folder", "broken", f"{folder} is not writable", f"Give this user write access to {folder}."
        )
    free = shutil.disk_usage(folder).free
    if free < _LOW_DISK_BYTES:
        return Finding(
            "Data folder", "broken", f"only {free / 1e6:.0f} MB are free", "Make room on that disk."
        )
    return Finding("Data folder", "ok", f"{folder.resolve()}, {free / 1e9:.0f} GB free")


async def database() -> Finding:
    """The database: reachable, and its tables the newest."""
    kind = "SQLite" if db.database().is_sqlite else "PostgreSQL"
    try:
        at = await migrations.current()
    except (SQLAlchemyError, OSError) as error:
        reason = str(error).partition("\n")[0]
        return Finding(
            "Database", "broken", f"{kind} does not answer: {reason}", "Check QUADRILLE_DATABASE_URL."
        )
    if not migrations.is_known(at):
        told = f"{kind} has the tables of another version ({at})"
        return Finding("Database", "broken", told, migrations.MENDED_BY)
    if at != migrations.newest():
        return Finding("Database", "note", f"{kind}, tables at {at or 'nothing'}", "Run `quadrille migrate`.")
    return Finding("Database", "ok", f"{kind}, tables at {at}")


async def queue() -> Finding:
    """Redis: reachable; whether it is safely so is told by `refused`."""
    address = urlsplit(redis.url())
    try:
        await redis.client().ping()  # pyright: ignore[reportGeneralTypeIssues]
    except (RedisError, OSError):
        fix = "`make run` starts the embedded one; else check QUADRILLE_REDIS_URL."
        return Finding("Redis", "broken", f"nothing answers at {address.hostname}:{address.port}", fix)
    return Finding("Redis", "ok", f"answers at {address.hostname}:{address.port}")


async def workers() -> Finding:
    """Somebody must play the runs."""
    if await migrations.current() != migrations.newest():
        return Finding("Workers", "note", "unknown until the database is migrated")
    async with db.database().reading() as session:
        alive = await run_workers.alive(session)
    if not alive:
        return Finding(
            "Workers", "broken", "no worker is alive; runs stay queued", "Start one: `quadrille worker`."
        )
    return Finding("Workers", "ok", f"{alive} alive")


async def model() -> Finding:
    """Somebody must answer with the embedding model."""
    try:
        alive = await inference.living()
    except (RedisError, OSError):
        return Finding("Inference", "note", "unknown while Redis does not answer")
    if not alive:
        fix = "Start one: `quadrille worker --inference --no-runs`."
        return Finding("Inference", "broken", "no inference worker is alive", fix)
    return Finding("Inference", "ok", f"{len(alive)} alive")


async def outgoing_mail() -> Finding:
    """Whether people can be told of questions and alarms by e-mail."""
    if wrong := mail.wrong_settings():
        return Finding(
            "Mail", "broken", wrong, "Set QUADRILLE_SMTP_URL and QUADRILLE_MAIL_FROM; see docs/settings.md."
        )
    if not mail.configured():
        fix = "To send mail, set QUADRILLE_SMTP_URL (smtp://user:password@mail.example:587) and QUADRILLE_MAIL_FROM."
        return Finding("Mail", "note", "none is sent: people see questions and alarms on the pages only", fix)
    try:
        await mail.greet()
    except mail.Failed as error:
        reason = str(error).partition("\n")[0]
        return Finding(
            "Mail", "broken", f"the server does not take us: {reason}", "Check QUADRILLE_SMTP_URL."
        )
    return Finding("Mail", "ok", f"sent from {settings().mail_from}")


async def user_code() -> Finding:
    """The second wall around user code."""
    walls = await asyncio.to_thread(sandbox_launcher.walls)
    if walls.bubblewrap:
        return Finding("Sandbox", "ok", "user code runs in bubblewrap: no network, no files, no environment")
    fix = "Install bubblewrap (apt-get install bubblewrap)."
    return Finding("Sandbox", "note", f"interpreter limits only: {walls.why_not}", fix)


async def address() -> Finding:
    """What others can reach, and whether cookies are safe on the way."""
    public = urlsplit(settings().resolved_public_url())
    listens_outside = not safety.is_loopback(settings().host)
    if public.scheme != "https" and not safety.is_loopback(public.hostname or ""):
        fix = "Put a TLS proxy in front and set QUADRILLE_PUBLIC_URL=https://…"
        return Finding("Address", "unsafe", f"{public.geturl()} sends cookies unencrypted", fix)
    if listens_outside and not settings().public_url:
        fix = "Set QUADRILLE_PUBLIC_URL to the address people type."
        return Finding("Address", "unsafe", f"listens on {settings().host} but no public address is set", fix)
    return Finding("Address", "ok", public.geturl())


async def secrets() -> Finding:
    """Where the key of the stored secrets comes from."""
    if settings().secret_key.get_secret_value():
        return Finding("Secret key", "ok", "from QUADRILLE_SECRET_KEY")
    fix = "With several machines, or when backups hold the data folder, set QUADRILLE_SECRET_KEY."
    return Finding("Secret key", "note", "a key file in the data folder, beside what it protects", fix)


async def environment() -> Finding:
    """Misspelt variables do nothing, silently: name them."""
    known = {f"QUADRILLE_{name.upper()}" for name in Settings.model_fields}
    unknown = sorted(n for n in os.environ if n.startswith("QUADRILLE_") and n not in known)  # noqa: TID251
    if unknown:
        return Finding(
            "Environment", "broken", f"unknown: {', '.join(unknown)}", "See docs/settings.md for the names."
        )
    if settings().env != "prod":
        return Finding(
            "Environment", "unsafe", f"QUADRILLE_ENV={settings().env}", "Use it for development only."
        )
    return Finding("Environment", "ok", "production")


CHECKS: tuple[Callable[[], Awaitable[Finding]], ...] = (
    python, refused, node, data_folder, database, queue, workers, model, model_prices, outgoing_mail, user_code, address, secrets, environment,
)  # fmt: skip
