"""Sends e-mail through the installation's SMTP server."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formataddr, formatdate
from urllib.parse import parse_qs, unquote, urlsplit

import aiosmtplib

from backend.core.settings import settings

SECONDS = 30.0
Failed = (aiosmtplib.SMTPException, OSError)
"""What sending raises when it does not succeed."""


@dataclass(frozen=True)
class Letter:
    """What it is about, and plain text."""

    subject: str
    text: str


def configured() -> bool:
    """True when there is a server to send through and an address to send from."""
    return bool(settings().smtp_url.get_secret_value() and settings().mail_from)


def wrong_settings() -> str:
    """What is wrong with the settings of outgoing mail, in a sentence; empty when nothing is."""
    address, sender = settings().smtp_url.get_secret_value(), settings().mail_from
    if bool(address) != bool(sender):
        return f"{'QUADRILLE_MAIL_FROM' if address else 'QUADRILLE_SMTP_URL'} is not set."
    parts = urlsplit(address)
    if address and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
        return "QUADRILLE_SMTP_URL is no address like smtp://user:password@mail.example:587."
    if sender and "@" not in sender:
        return "QUADRILLE_MAIL_FROM is no e-mail address."
    return ""


def permanent(error: Exception) -> bool:
    """True when the server will not take this message, however often it is sent."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return all(one.code >= 500 for one in error.recipients)
    # 53x are about the sender's rights, which the operator will mend.
    return isinstance(error, aiosmtplib.SMTPResponseException) and error.code in range(550, 560)


async def send(to: str, letter: Letter, message_id: str) -> None:
    """Hand a letter to the server; the same `message_id` again is the same letter again."""
    sender, message = settings().mail_from, EmailMessage()
    message["From"] = formataddr(("Quadrille", sender)) if "<" not in sender else sender
    message["To"] = to
    message["Subject"] = " ".join(letter.subject.split())[:200]
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2].strip('> ')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text)
    async with _server() as server:
        await server.send_message(message)


async def greet() -> None:
    """Connect and sign in, and go; raises one of `Failed`."""
    async with _server():
        pass


def _server() -> aiosmtplib.SMTP:
    parts = urlsplit(settings().smtp_url.get_secret_value())
    off = parse_qs(parts.query).get("starttls") == ["off"]
    # A password never goes over an open line, unless the operator says so; without one, encryption is taken if offered.
    start_tls = False if off or parts.scheme == "smtps" else True if parts.username else None
    return aiosmtplib.SMTP(
        hostname=parts.hostname or "",
        port=parts.port,
        username=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        use_tls=parts.scheme == "smtps",
        start_tls=start_tls,
        timeout=SECONDS,
    )
