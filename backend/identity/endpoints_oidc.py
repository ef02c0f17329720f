"""The two addresses of the OpenID flow: leaving for the provider, and coming back from it."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response

from backend.core import log
from backend.core.errors import NotFound
from backend.identity import accounts, addresses, cookies, limiter, linking, oidc, providers
from backend.identity.edge import WriteSession
from backend.identity.oidc_http import ProviderProblem
from backend.identity.providers import Provider

router = APIRouter(prefix="/auth/oidc", include_in_schema=False)
_log = log.get("oidc")


def _provider() -> Provider:
    found = providers.configured()
    if found is None:
        raise NotFound(
            "No OpenID provider is configured here.", fix="Set QUADRILLE_OIDC_ISSUER and its fellows."
        )
    return found


Configured = Annotated[Provider, Depends(_provider)]


@router.get("")
async def leave(
    request: Request,
    provider: Configured,
    after: Annotated[str, Query(alias="next", max_length=2000)] = "",
    invitation: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """Send the browser to the provider, with the transaction in a cookie of its own."""
    await limiter.require("address", addresses.of(request))
    try:
        address, sealed = await oidc.begin(provider, after=after, invitation=invitation)
    except ProviderProblem as problem:
        return _back_to_sign_in(problem)
    response = RedirectResponse(address, 303)
    cookies.put_transaction(response, sealed)
    return response


@router.get("/callback")
async def come_back(request: Request, provider: Configured, session: WriteSession) -> Response:
    """Check everything the provider said, then sign the person in."""
    sealed = cookies.transaction(request.cookies)
    try:
        person, transaction = await oidc.finish(provider, dict(request.query_params), sealed)
        account, member = await linking.member_for(
            session, provider, person, invitation=transaction.invitation
        )
    except ProviderProblem as problem:
        await session.rollback()
        return _back_to_sign_in(problem)
    browser = accounts.Browser.of(request.headers, request.cookies)
    signed_in = await accounts.let_in(session, account, member, browser=browser, how="oidc")
    response = RedirectResponse(transaction.next or "/", 303)
    cookies.put(response, signed_in.token)
    cookies.put_transaction(response, None)
    return response


def _back_to_sign_in(problem: ProviderProblem) -> Response:
    _log.warning("oidc_refused", problem=problem.problem, why=problem.message)
    response = RedirectResponse(f"/sign-in?{urlencode({'problem': problem.problem})}", 303)
    cookies.put_transaction(response, None)
    return response
