"""Signing in and out, and joining by link: the requests that set and clear the session cookie."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from backend.identity import accounts, addresses, cookies, csrf, edge, joining, limiter
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.identity.schemas import Join, Next, SignIn

router = APIRouter(prefix="/api/v1")


async def _from_our_page(request: Request) -> None:
    """There is no session yet to defend, but nobody may sign somebody else's browser in (login CSRF)."""
    csrf.require_own_page(request)
    csrf.require_plain_type(request)


OwnPage = Annotated[None, Depends(_from_our_page)]


@router.post("/session", status_code=201)
async def sign_in(
    request: Request,
    response: Response,
    _: OwnPage,
    body: SignIn,
    reading: ReadSession,
    session: WriteSession,
) -> Next:
    """Sign in with address and password; sets the session cookie."""
    await limiter.require("address", addresses.of(request))
    account, member = await accounts.with_password(reading, email=body.email, password=body.password)
    signed_in = await accounts.let_in(
        session,
        account,
        member,
        browser=accounts.Browser.of(request.headers, request.cookies),
        how="password",
    )
    cookies.put(response, signed_in.token)
    return Next(next="/")


@router.delete("/session")
async def sign_out(by: CurrentPrincipal, response: Response, session: WriteSession) -> Next:
    """Sign out here: the session's row goes, then the cookie."""
    await accounts.sign_out(session, by)
    cookies.put(response, None)
    return Next(next="/sign-in")


@router.post("/session/joined", status_code=201)
async def join(request: Request, response: Response, _: OwnPage, body: Join, session: WriteSession) -> Next:
    """Join a team by link: as a new person, or as the one who is signed in; sets the session cookie."""
    await limiter.require("join", addresses.of(request))
    token = cookies.session_token(request.cookies)
    by = await edge.principal_of_cookie(token) if not body.password else None
    if by:
        csrf.require_header(request, token)
        account, member = await joining.accept(session, by, body.token)
    else:
        newcomer = joining.Newcomer(body.email, body.name, body.password)
        account, member = await joining.join(session, body.token, newcomer, team_name=body.team_name)
    browser = accounts.Browser.of(request.headers, request.cookies)
    signed_in = await accounts.let_in(session, account, member, browser=browser, how="invitation")
    cookies.put(response, signed_in.token)
    return Next(next="/")
