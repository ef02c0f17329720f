"""A page's live connection, which a test cuts as a broken network would; requests still reach the server."""

import re

from playwright.sync_api import Page, WebSocketRoute


class Line:
    """The sockets to addresses that match."""

    def __init__(self, page: Page, address: str) -> None:
        self._is_cut = False
        self._open: list[tuple[WebSocketRoute, WebSocketRoute]] = []
        page.route_web_socket(re.compile(address), self._relay)

    def _relay(self, line: WebSocketRoute) -> None:
        if self._is_cut:
            line.close()
        else:
            self._open.append((line, line.connect_to_server()))

    def cut(self) -> None:
        """Close them, and those that are opened until `mend`."""
        self._is_cut = True
        for line, server in self._open:
            server.close()
            line.close()

    def mend(self) -> None:
        """Let new ones through."""
        self._is_cut = False
