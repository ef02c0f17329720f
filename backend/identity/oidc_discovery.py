"""What an OpenID provider says of itself: its metadata and its keys, remembered for a while."""

import time
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from backend.identity.oidc_http import ProviderProblem, fetch

_REMEMBERED_SECONDS = 600.0
_KEYS_AGAIN_SECONDS = 10.0


@dataclass(frozen=True)
class Metadata:
    """The part of a provider's metadata that we use."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str
    sends_iss: bool
    takes_basic: bool


@dataclass
class _Remembered:
    metadata: Metadata
    until: float
    keys: KeySet | None = None
    keys_fetched_at: float = 0.0


_PROVIDERS: dict[str, _Remembered] = {}


async def discovered(issuer: str) -> Metadata:
    """The provider's metadata; it must name itself exactly as the operator did."""
    known = _PROVIDERS.get(issuer)
    if known and time.monotonic() < known.until:
        return known.metadata
    status, said = await fetch(issuer, "GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if status != 200 or said.get("issuer") != issuer:
        raise ProviderProblem(f"{issuer} does not describe itself as that issuer (status {status})")
    metadata = _read(issuer, said)
    _PROVIDERS[issuer] = _Remembered(metadata, time.monotonic() + _REMEMBERED_SECONDS)
    return metadata


async def keys(metadata: Metadata, *, fresh: bool = False) -> KeySet:
    """The provider's signing keys; `fresh` asks again, at most every ten seconds, for a key that is unknown."""
    known = _PROVIDERS[metadata.issuer]
    old_enough = time.monotonic() > known.keys_fetched_at + _KEYS_AGAIN_SECONDS
    if known.keys is None or (fresh and old_enough):
        status, said = await fetch(metadata.issuer, "GET", metadata.jwks_uri)
        if status != 200:
            raise ProviderProblem(f"the keys answered {status}")
        known.keys, known.keys_fetched_at = _key_set(said), time.monotonic()
    return known.keys


def forget() -> None:
    """Ask again at the next sign-in, as after a change of the provider's settings."""
    _PROVIDERS.clear()


def _key_set(said: dict[str, Any]) -> KeySet:
    listed = said.get("keys")
    signing = [key for key in listed if isinstance(key, dict)] if isinstance(listed, list) else []  # pyright: ignore[reportUnknownVariableType]
    # Only public keys: a shared secret in the key set would let anybody who reads it sign.
    signing = [key for key in signing if key.get("kty") != "oct" and key.get("use", "sig") == "sig"]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    try:
        return KeySet.import_key_set({"keys": signing})
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderProblem("the provider's keys cannot be read") from error


def _read(issuer: str, said: dict[str, Any]) -> Metadata:
    needed = {name: said.get(name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
    for name, url in needed.items():
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            raise ProviderProblem(f"the metadata lacks {name}")
        if issuer.startswith("https://") and not url.startswith("https://"):
            raise ProviderProblem(f"{name} is not on https")
    userinfo = said.get("userinfo_endpoint")
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Metadata(
        issuer=issuer,
        authorization_endpoint=str(needed["authorization_endpoint"]),
        token_endpoint=str(needed["token_endpoint"]),
        userinfo_endpoint=userinfo if isinstance(userinfo, str) else "",
        jwks_uri=str(needed["jwks_uri"]),
        sends_iss=said.get("authorization_response_iss_parameter_supported") is True,
        takes_basic="client_secret_basic" in methods,
    )
