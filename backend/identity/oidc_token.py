"""Checks an id token: signature by joserfc with our own list of algorithms, claims by Authlib, gaps by us."""

from typing import Any, cast

from authlib.common.errors import AuthlibBaseError
from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from backend.core import clock, json
from backend.identity import oidc_discovery, tokens
from backend.identity.oidc_discovery import Metadata
from backend.identity.oidc_http import ProviderProblem
from backend.identity.providers import Provider

_LONGEST = 50_000
_LEEWAY = 60
# Headers that would let the token bring its own key, or that we would have to understand and do not.
_REFUSED_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "zip"})


async def checked(
    provider: Provider, metadata: Metadata, answer: dict[str, Any], *, nonce: str
) -> dict[str, Any]:
    """The claims of the id token in a token answer; raises ProviderProblem for anything that is not right."""
    text = answer.get("id_token")
    if not isinstance(text, str) or not text:
        raise ProviderProblem("the provider sent no id token")
    if len(text) > _LONGEST:
        raise ProviderProblem("the id token is too long")
    signed = await _verified(provider, metadata, text)
    claims = _claims(signed.payload)
    params = {"nonce": nonce, "client_id": provider.client_id, "access_token": answer.get("access_token")}
    options: dict[str, Any] = {
        "iss": {"essential": True, "value": metadata.issuer},
        "aud": {"essential": True, "value": provider.client_id},
        "sub": {"essential": True},
    }
    now = int(clock.now().timestamp())
    try:
        CodeIDToken(claims, signed.headers(), options, params).validate(now=now, leeway=_LEEWAY)  # pyright: ignore[reportUnknownMemberType]
    except (AuthlibBaseError, JoseError, ValueError, TypeError) as error:
        raise ProviderProblem(f"the id token was refused: {error}") from error
    _check_the_rest(claims, now, nonce)
    return claims


async def _verified(provider: Provider, metadata: Metadata, text: str) -> jws.CompactSignature:
    registry = jws.JWSRegistry(algorithms=list(provider.algorithms))
    try:
        extracted = jws.extract_compact(text.encode())
        _check_headers(provider, extracted.headers())
        for fresh in (False, True):
            found = await oidc_discovery.keys(metadata, fresh=fresh)
            try:
                return jws.deserialize_compact(text, _matching(found, extracted.headers()), registry=registry)
            except (InvalidKeyIdError, ValueError) as error:
                if fresh:
                    raise ProviderProblem("no key of the provider fits the id token") from error
    except JoseError as error:
        raise ProviderProblem(f"the id token was refused: {error}") from error
    raise ProviderProblem("no key of the provider fits the id token")


def _matching(found: KeySet, headers: dict[str, Any]) -> KeySet:
    """The key that the token names; one that names none may use the only key there is."""
    kid = headers.get("kid")
    if kid is None:
        if len(found.keys) != 1:
            raise InvalidKeyIdError("the token names no key")
        return found
    fitting = [key for key in found.keys if key.kid == kid]
    if not fitting:
        raise InvalidKeyIdError("unknown key")
    return KeySet(fitting)


def _check_headers(provider: Provider, headers: dict[str, Any]) -> None:
    if headers.get("alg") not in provider.algorithms:
        raise ProviderProblem(f"the algorithm {str(headers.get('alg'))[:20]} is not allowed")
    if unwanted := _REFUSED_HEADERS & set(headers):
        raise ProviderProblem(f"the id token has the header {min(unwanted)}")


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        parsed = json.parse(payload, "the id token")
    except json.NotJson as error:
        raise ProviderProblem("the id token does not hold JSON") from error
    if not isinstance(parsed, dict):
        raise ProviderProblem("the id token does not hold an object")
    return dict(parsed)


def _check_the_rest(claims: dict[str, Any], now: int, nonce: str) -> None:
    """What Authlib leaves open: types, several audiences without our azp, and tokens of the future or long ago."""
    subject, audience, issued = claims.get("sub"), claims.get("aud"), claims.get("iat")
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or "\0" in subject:
        raise ProviderProblem("the subject is not a text of 1 to 255 characters")
    if isinstance(audience, list) and len(cast(list[Any], audience)) > 1 and "azp" not in claims:
        raise ProviderProblem("several audiences, and no authorised party")
    numbers = isinstance(issued, int | float) and isinstance(claims.get("exp"), int | float)
    if not numbers or not now - 86_400 < float(str(issued)) <= now + _LEEWAY:
        raise ProviderProblem("the token's time of issue cannot be right")
    if not tokens.same(str(claims.get("nonce", "")), nonce):
        raise ProviderProblem("the nonce is not ours")
