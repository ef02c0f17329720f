"""What we add to Reflex's build: fonts, the design tokens, and a socket address that follows the page's own."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reflex_base.plugins import Plugin

from frontend import theme

FONTS = {"@fontsource-variable/inter": "5.2.8", "@fontsource-variable/jetbrains-mono": "5.2.8"}
_FIXED_ADDRESS = "const endpoint = new URL(url_str);"
_OWN_ADDRESS = """const endpoint = new URL(url_str);
  if (typeof window !== "undefined") {
    const secure = window.location.protocol === "https:";
    endpoint.protocol = endpoint.protocol.startsWith("ws") ? (secure ? "wss:" : "ws:") : window.location.protocol;
    endpoint.host = window.location.host;
    if (!window.location.port) endpoint.port = "";
    return endpoint;
  }"""


class QuadrillePlugin(Plugin):
    """One build serves every address: nothing of host, port or public URL is baked into the browser's code."""

    def get_frontend_dependencies(self, **_context: Any) -> list[str]:
        """The bundled fonts, pinned."""
        return [f"{name}@{version}" for name, version in FONTS.items()]

    def get_stylesheet_paths(self, **_context: Any) -> list[str]:
        """Fonts first, then the tokens that everything else reads."""
        return [*(f"{name}/index.css" for name in FONTS), "./tokens.css"]

    def get_static_assets(self, **_context: Any) -> Sequence[tuple[Path, str | bytes]]:
        """The tokens of `frontend.theme` as a stylesheet."""
        return [(Path("styles/tokens.css"), theme.stylesheet())]

    def pre_compile(self, **context: Any) -> None:
        """Let Reflex's client talk to the origin that served it."""
        context["add_modify_task"]("utils/state.js", follow_own_origin)

    def update_env_json(self, **_context: Any) -> dict[str, Any]:
        """Addresses that are the same in every build; the browser puts its own origin in."""
        return {
            "PING": "http://localhost/ping",
            "EVENT": "ws://localhost/_event",
            "UPLOAD": "http://localhost/_upload",
            "HEALTH": "http://localhost/_health",
        }


def follow_own_origin(code: str) -> str:
    """Reflex's `state.js` with `getBackendURL` answering the page's own origin."""
    if _OWN_ADDRESS in code:
        return code
    if code.count(_FIXED_ADDRESS) != 1:
        raise ValueError("Reflex's getBackendURL has changed: adapt frontend/plugin.py to this version.")
    return code.replace(_FIXED_ADDRESS, _OWN_ADDRESS)
