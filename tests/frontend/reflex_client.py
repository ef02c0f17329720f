"""Speaks to a Reflex backend as a browser's tab does, or as an attacker would."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import socketio

NAMESPACE = "/_event"


class Tab:
    """One socket; keeps everything that the server sent."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self.received: list[dict[str, Any]] = []
        self.arrived = asyncio.Condition()
        self.closed = asyncio.Event()

    async def send(self, name: str, path: str = "/", **payload: Any) -> None:
        event = {
            "name": name,
            "payload": payload,
            "router_data": {"pathname": path, "asPath": path, "query": {}},
        }
        await self.client.emit("event", event, namespace=NAMESPACE)

    async def until(self, words: str, *, seconds: float = 120) -> str:
        """Everything received, once it holds these words."""
        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: words in str(self.received))
        return str(self.received)

    async def keep(self, update: dict[str, Any]) -> None:
        async with self.arrived:
            self.received.append(update)
            self.arrived.notify_all()


@asynccontextmanager
async def tab(
    url: str, *, origin: str | None = "", cookie: str = "", token: str = "", **headers: str
) -> AsyncIterator[Tab]:
    """Open a socket; `origin` None sends none, empty means the right one."""
    sent = dict(headers)
    if origin is not None:
        sent["Origin"] = origin or url
    if cookie:
        sent["Cookie"] = cookie
    client = socketio.AsyncClient(reconnection=False)
    opened = Tab(client)
    client.on("event", opened.keep, namespace=NAMESPACE)
    client.on("disconnect", opened.closed.set, namespace=NAMESPACE)
    query = token or secrets.token_hex(16)
    try:
        await client.connect(
            f"{url}?token={query}",
            headers=sent,
            transports=["websocket"],
            namespaces=[NAMESPACE],
            socketio_path=NAMESPACE,
            wait_timeout=120,  # its own second is too short for a slow machine
        )
        yield opened
    finally:
        await client.disconnect()
