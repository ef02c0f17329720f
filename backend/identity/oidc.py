"""Signing in through an OpenID provider: the two legs of the code flow (decisions D10, D11, rule R32).

Authlib builds the requests and checks the claims; joserfc checks the signature. Three checks are ours, because
Authlib 1.9.8 does not make them: the `iss` response parameter, that there is an id token at all, and that
userinfo speaks of the same subject.
"""

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from json import dumps, loads
from typing import Any
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc6749 import parameters
from authlib.oauth2.rfc7636 import challenge

from backend.core import clock, crypto
from backend.core.settings import settings
from backend.identity import accounts, oidc_http, oidc_token, tokens
from backend.identity.oidc_discovery import Metadata, discovered
from backend.identity.oidc_http import ProviderProblem
from backend.identity.providers import Provider

LIVES = timedelta(minutes=10)
_PLACE = "oidc transaction"
# Authlib comes without types.
_authorization_address: Callable[..., str] = parameters.prepare_grant_uri  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
_challenge: Callable[[str], str] = challenge.create_s256_code_challenge  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@dataclass(frozen=True)
class Transaction:
    """What must be the same when the browser comes back; it travels sealed in a cookie of that browser alone."""

    state: str
    nonce: str
    verifier: str
    issuer: str
    next: str
    invitation: str
    began: float


@dataclass(frozen=True)
class Person:
    """Who the provider says this is."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    name: str


async def begin(provider: Provider, *, after: str, invitation: str) -> tuple[str, str]:
    """The provider's address to go to, and the sealed transaction for the cookie."""
    metadata = await discovered(provider.issuer)
    transaction = Transaction(
        state=tokens.new(),
        nonce=tokens.new(),
        verifier=tokens.new(),
        issuer=provider.issuer,
        next=after if _is_ours(after) else "",
        invitation=invitation,
        began=clock.now().timestamp(),
    )
    address = _authorization_address(
        metadata.authorization_endpoint,
        provider.client_id,
        "code",
        redirect_uri=callback_url(),
        scope="openid email profile",
        state=transaction.state,
        nonce=transaction.nonce,
        code_challenge=_challenge(transaction.verifier),
        code_challenge_method="S256",
    )
    return address, _sealed(transaction)


async def finish(provider: Provider, query: dict[str, str], cookie: str) -> tuple[Person, Transaction]:
    """Who came back, once every check has passed; raises ProviderProblem."""
    transaction = _unsealed(cookie)
    if not tokens.same(query.get("state", ""), transaction.state) or transaction.issuer != provider.issuer:
        raise ProviderProblem("the state is not that of this browser", problem="expired")
    metadata = await discovered(provider.issuer)
    _check_sender(metadata, query)
    if "error" in query:
        refused = query["error"] in {"access_denied", "login_required", "consent_required"}
        raise ProviderProblem(
            f"the provider answered {query['error'][:100]}", problem="denied" if refused else "provider"
        )
    answer = await _exchanged(provider, metadata, query.get("code", ""), transaction.verifier)
    claims = await oidc_token.checked(provider, metadata, answer, nonce=transaction.nonce)
    return _person(provider, claims, await _userinfo(metadata, answer, claims["sub"])), transaction


def callback_url() -> str:
    """Where providers send people back; register exactly this there."""
    return f"{settings().resolved_public_url()}/auth/oidc/callback"


def _check_sender(metadata: Metadata, query: dict[str, str]) -> None:
    """RFC 9207: the answer must come from the provider that was asked (mix-up attacks)."""
    sender = query.get("iss")
    if sender is None and not metadata.sends_iss:
        return
    if sender != metadata.issuer:
        raise ProviderProblem("the iss parameter names another provider, or is missing")


async def _exchanged(provider: Provider, metadata: Metadata, code: str, verifier: str) -> dict[str, Any]:
    if not code:
        raise ProviderProblem("the provider sent no code")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback_url(),
        "code_verifier": verifier,
    }
    headers = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
    if not provider.client_secret:
        form["client_id"] = provider.client_id
    elif metadata.takes_basic:
        # RFC 6749, 2.3.1: both parts are form-encoded first, which Authlib leaves out.
        pair = f"{quote(provider.client_id, safe='')}:{quote(provider.client_secret, safe='')}"
        headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": provider.client_id, "client_secret": provider.client_secret}
    status, answer = await oidc_http.fetch(
        metadata.issuer, "POST", metadata.token_endpoint, headers=headers, content=urlencode(form).encode()
    )
    if status != 200:
        raise ProviderProblem(f"the token endpoint answered {status} {str(answer.get('error', ''))[:100]}")
    return answer


async def _userinfo(metadata: Metadata, answer: dict[str, Any], subject: str) -> dict[str, Any]:
    if not metadata.userinfo_endpoint or not answer.get("access_token"):
        return {}
    headers = {"authorization": f"Bearer {answer['access_token']}", "accept": "application/json"}
    status, info = await oidc_http.fetch(metadata.issuer, "GET", metadata.userinfo_endpoint, headers=headers)
    if status != 200:
        raise ProviderProblem(f"userinfo answered {status}")
    if info.get("sub") != subject:
        raise ProviderProblem("userinfo speaks of another subject than the id token")
    return info


def _person(provider: Provider, claims: dict[str, Any], info: dict[str, Any]) -> Person:
    """E-mail and its being verified always come from the same place; what is no address counts as none."""
    source = info if "email" in info else claims
    email, name = source.get("email"), info.get("name") or claims.get("name")
    return Person(
        issuer=provider.issuer,
        subject=claims["sub"],
        email=email if isinstance(email, str) and accounts.is_address(email) else "",
        email_verified=source.get("email_verified") is True,
        name="".join(filter(str.isprintable, name)) if isinstance(name, str) else "",
    )


def _sealed(transaction: Transaction) -> str:
    sealed = crypto.key_ring().seal(dumps(asdict(transaction)).encode(), _PLACE)
    return f"{sealed.key_id}.{base64.urlsafe_b64encode(sealed.data).decode().rstrip('=')}"


def _unsealed(cookie: str) -> Transaction:
    key_id, _, text = cookie.partition(".")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        transaction = Transaction(**loads(crypto.key_ring().open(crypto.Sealed(key_id, data), _PLACE)))
    except (ValueError, TypeError, crypto.KeyProblem):
        raise ProviderProblem("there is no transaction in this browser", problem="expired") from None
    if clock.now().timestamp() > transaction.began + LIVES.total_seconds():
        raise ProviderProblem("the transaction is too old", problem="expired")
    return transaction


def _is_ours(path: str) -> bool:
    r"""A path on this server: not `//host` nor `/\host`, which browsers read as another one."""
    return path.startswith("/") and path[1:2] not in {"/", "\\"} and path.isprintable()
