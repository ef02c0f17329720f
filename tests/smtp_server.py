"""A real SMTP server that keeps what it gets, and can be told to refuse."""

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.servers import free_port


class Post:
    """The letters that came; `answer` is what the server says to the next ones."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """aiosmtpd's hook."""
        if self.answer.startswith("250"):
            content: Any = envelope.content
            self.letters.append(message_from_bytes(content, policy=policy.default))
        return self.answer

    def to(self, address: str) -> list[EmailMessage]:
        """Those for one person."""
        return [letter for letter in self.letters if letter["To"] == address]


@contextmanager
def receiving(port: int | None = None) -> Iterator[tuple[Post, str]]:
    """The post, and the address for QUADRILLE_SMTP_URL."""
    post = Post()
    server: Any = Controller(post, hostname="127.0.0.1", port=port or free_port(), ready_timeout=120)
    server.start()
    try:
        yield post, f"smtp://127.0.0.1:{server.port}"
    finally:
        server.stop()
