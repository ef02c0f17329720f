"""The gate that every Reflex event passes: deny by default, the session read afresh, the state bound to it."""

import asyncio
from typing import Any

import reflex as rx
from redis.exceptions import RedisError
from reflex.event import Event, EventSpec
from reflex.middleware.middleware import Middleware
from reflex.state import BaseState, StateUpdate
from reflex_base.config import get_config
from reflex_base.constants import RouteVar
from reflex_base.registry import RegistrationContext
from starlette.requests import cookie_parser

from backend.core import log
from backend.core.settings import settings
from backend.identity import cookies, edge, revocation
from backend.identity.principal import Principal
from frontend import routes, rules
from frontend.one_address import OneAddress
from frontend.rules import Rule
from frontend.state import dialog
from frontend.state.session import Session, set_caller
from frontend.ws_guard import WsGuard

_log = log.get("gate")
_PUBLIC_PAGES = frozenset({routes.SIGN_IN, routes.JOIN})
_REDIS_REST_SECONDS = 5.0


def guard(app: rx.App) -> None:
    """Put the gate, the websocket guard and live revocation on the app.

    Call it once, right after the app is made: `app = rx.App(api_transformer=[api(), Guard], ...); guard(app)`.

    Every event handler then needs one declaration from `frontend.rules`, under `@rx.event`:
    `@allows("workflow.edit")`, `@signed_in`, or `@public`. Handlers learn who calls from
    `frontend.state.session.caller()` and pass that to services. Undeclared handlers cannot be called at all.
    """
    _require_exact_origin()
    gate = Gate()
    app.add_middleware(gate, index=0)
    before: Any = app.api_transformer or []
    after: Any = [*(before if isinstance(before, list | tuple) else [before]), OneAddress, WsGuard]
    app.api_transformer = after

    async def close_ended_sessions() -> None:
        await gate.close_ended(app)

    app.register_lifespan_task(close_ended_sessions)


class Gate(Middleware):
    """Answers for each event: who calls, may they, and does this state belong to them."""

    def __init__(self) -> None:
        self._sockets: dict[str, str] = {}

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:
        """Let the event pass (None), or answer it here."""
        by = await caller_of(state.router_data)
        set_caller(by)
        self._remember(app, state, by)
        if await _belongs_to_another(state, by):
            state._get_root_state().reset()
            return _to_sign_in(state.router_data)
        return _answer(event.name, by, state.router_data)

    async def close_ended(self, app: rx.App) -> None:
        """Close the sockets of sessions as they end, for as long as the app lives."""
        while True:
            try:
                async for session_id in revocation.ended():
                    await self._close(app, session_id)
            except (RedisError, OSError):
                # Each event reads the session from the database anyway; Redis only makes the end visible at once.
                await asyncio.sleep(_REDIS_REST_SECONDS)

    def _remember(self, app: rx.App, state: BaseState, by: Principal | None) -> None:
        sid = state.router_data.get(RouteVar.SESSION_ID, "")
        if by is None or not sid or sid in self._sockets:
            return
        alive = app.event_namespace.sid_to_token if app.event_namespace else {}
        self._sockets = {s: c for s, c in self._sockets.items() if s in alive} | {sid: by.credential_id}

    async def _close(self, app: rx.App, session_id: str) -> None:
        for sid in [s for s, credential in self._sockets.items() if credential == session_id]:
            del self._sockets[sid]
            if app.sio is not None:
                await app.sio.disconnect(sid, namespace=get_config().get_event_namespace())


async def caller_of(router_data: dict[str, Any]) -> Principal | None:
    """Who opened the socket of this event, by the cookie of its handshake, read from the database now."""
    jar = cookie_parser(router_data.get(RouteVar.HEADERS, {}).get("cookie", ""))
    return await edge.principal_of_cookie(cookies.session_token(jar))


async def still(state: BaseState, by: Principal) -> Principal | None:
    """The caller of a background handler as they are now; None once their session or membership has ended."""
    now = await caller_of(state.router_data)
    return now if now is not None and now.account_id == by.account_id else None


def _answer(name: str, by: Principal | None, router_data: dict[str, Any]) -> StateUpdate | None:
    rule = _rule(name)
    if rule is None:
        _log.warning("event_without_rule", event_name=name[:200])
        return _only(rx.toast.error("This action does not exist."))
    if by is None:
        private = rule.signed_in or _opens_private_page(name, router_data)
        return _to_sign_in(router_data) if private else None
    missing = rule.permission is not None and not by.may(rule.permission)
    return _refusal(rule) if missing else None


def _rule(name: str) -> Rule | None:
    registered = RegistrationContext.get().event_handlers.get(name)
    return rules.declared(name, registered.handler.fn) if registered else None


async def _belongs_to_another(state: BaseState, by: Principal | None) -> bool:
    """The second wall behind the bound tokens of `WsGuard`: states remember whose they are."""
    mine = await state.get_state(Session)
    credential = by.credential_id if by else ""
    if mine._bound_to not in {"", credential}:
        return True
    if mine._bound_to != credential:
        mine._bound_to = credential
    return False


def _opens_private_page(name: str, router_data: dict[str, Any]) -> bool:
    return name in rules.OPENING and router_data.get(RouteVar.PATH, "") not in _PUBLIC_PAGES


def _to_sign_in(router_data: dict[str, Any]) -> StateUpdate:
    asked = router_data.get(RouteVar.ORIGIN, "/") or "/"
    return _only(rx.redirect(routes.sign_in(after=asked), replace=True))


def _refusal(rule: Rule) -> StateUpdate:
    return _only(
        dialog.refused(
            "Your role does not allow this.",
            f"It needs the permission {rule.permission}. Ask an owner or admin of the team.",
        )
    )


def _only(*events: EventSpec) -> StateUpdate:
    return StateUpdate(events=Event.from_event_type(list(events)))


def _require_exact_origin() -> None:
    allowed, mine = tuple(get_config().cors_allowed_origins), settings().resolved_public_url()
    if settings().env != "dev" and allowed != (mine,):
        raise RuntimeError(
            f"cors_allowed_origins must be exactly {mine}, not {allowed}: any other page could act for our members."
        )
