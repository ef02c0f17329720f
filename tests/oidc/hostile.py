"""An OpenID provider that lies on demand: the code of the code flow says which lie to tell.

Serve it with Granian; `HOSTILE_PORT` tells it its own address. Tests play the browser and the authorization
endpoint themselves: they send the browser back with `code(mutation, nonce)`.
"""

import base64
import hashlib
import hmac
import os
import time
from json import dumps, loads
from typing import Annotated, Any

from fastapi import FastAPI, Form, Request
from fastapi.responses import JSONResponse
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "quadrille", "a client secret of forty characters, for HS"
PORT = os.environ.get("HOSTILE_PORT", "0")
ISSUER = f"http://127.0.0.1:{PORT}"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
OTHER = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
app = FastAPI()


def code(mutation: str, nonce: str, **more: Any) -> str:
    """What the token endpoint needs to know, as a code."""
    return base64.urlsafe_b64encode(dumps({"mutation": mutation, "nonce": nonce, **more}).encode()).decode()


@app.get("/.well-known/openid-configuration")
async def metadata() -> dict[str, Any]:
    return {
        "issuer": ISSUER,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "token_endpoint": f"{ISSUER}/token",
        "userinfo_endpoint": f"{ISSUER}/userinfo",
        "jwks_uri": f"{ISSUER}/keys",
        "authorization_response_iss_parameter_supported": True,
        # What it claims to sign with must not matter: our own list decides.
        "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
    }


@app.get("/liar/.well-known/openid-configuration")
async def another_issuer() -> dict[str, Any]:
    return await metadata()


@app.get("/keys")
async def keys() -> dict[str, Any]:
    shared = OctKey.import_key(SECRET, {"kid": "shared", "use": "sig", "alg": "HS256"})
    return {"keys": [KEY.as_dict(private=False), shared.as_dict(private=True)]}


@app.post("/token")
async def token(
    given: Annotated[str, Form(alias="code")], code_verifier: Annotated[str, Form()]
) -> JSONResponse:
    asked = loads(base64.urlsafe_b64decode(given))
    assert len(code_verifier) >= 43
    if asked["mutation"] == "refused":
        return JSONResponse({"error": "invalid_grant"}, 400)
    answer: dict[str, Any] = {"access_token": given, "token_type": "Bearer"}
    if asked["mutation"] != "no id token":
        answer["id_token"] = id_token(asked["mutation"], claims(asked))
    return JSONResponse(answer)


@app.get("/userinfo")
async def userinfo(request: Request) -> JSONResponse:
    asked = loads(base64.urlsafe_b64decode(request.headers["authorization"].removeprefix("Bearer ")))
    said = {
        "sub": "person-1",
        "email": "ada@example.org",
        "email_verified": True,
        "name": "Ada",
        **asked.get("says", {}),
    }
    if asked["mutation"] == "userinfo of another subject":
        said["sub"] = "person-2"
    if asked["mutation"] == "userinfo without subject":
        del said["sub"]
    return JSONResponse(said, 500 if asked["mutation"] == "userinfo fails" else 200)


def claims(asked: dict[str, Any]) -> dict[str, Any]:
    now = int(time.time())
    honest: dict[str, Any] = {
        "iss": ISSUER,
        "sub": asked.get("subject", "person-1"),
        "aud": CLIENT,
        "exp": now + 300,
        "iat": now,
        "nonce": asked["nonce"],
    }
    changes: dict[str, dict[str, Any]] = {
        "another audience": {"aud": "somebody else"},
        "several audiences without azp": {"aud": [CLIENT, "somebody else"]},
        "azp of another": {"aud": [CLIENT, "somebody else"], "azp": "somebody else"},
        "another issuer": {"iss": "https://evil.example"},
        "issuer with a slash": {"iss": ISSUER + "/"},
        "another nonce": {"nonce": "another"},
        "no nonce": {"nonce": None},
        "empty nonce": {"nonce": ""},
        "expired": {"exp": now - 300, "iat": now - 600},
        "no expiry": {"exp": None},
        "expiry as text": {"exp": "never"},
        "issued in the future": {"iat": now + 3600, "exp": now + 7200},
        "issued long ago": {"iat": now - 90_000},
        "no time of issue": {"iat": None},
        "not valid yet": {"nbf": now + 3600},
        "no subject": {"sub": None},
        "subject is a number": {"sub": 7},
        "subject is empty": {"sub": ""},
        "access token of another": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        "far too long": {"filler": "x" * 60_000},
    }
    changed = honest | changes.get(asked["mutation"], {})
    return {name: value for name, value in changed.items() if value is not None}


def id_token(mutation: str, body: dict[str, Any]) -> str:
    payload = dumps(body).encode()
    headers: dict[str, Any] = {"alg": "RS256", "kid": "one"}
    if mutation == "no algorithm":
        return by_hand({"alg": "none", "kid": "one"}, payload, b"")
    if mutation == "the client secret as key":
        return hmac_signed({"alg": "HS256", "kid": "shared"}, payload, SECRET.encode())
    if mutation == "the public key as secret":
        return hmac_signed({"alg": "HS256", "kid": "one"}, payload, KEY.as_pem(private=False))
    if mutation == "it is not a token":
        return "abc.def"
    key = OTHER if mutation in {"another key", "brings its own key"} else KEY
    extra: dict[str, dict[str, Any]] = {
        "brings its own key": {"jwk": OTHER.as_dict(private=False)},
        "points to its own key": {"jku": f"{ISSUER}/keys"},
        "demands what nobody knows": {"crit": ["exp"], "exp": 1},
        "an algorithm off the list": {"alg": "RS512"},
        "a key nobody knows": {"kid": "two"},
    }
    headers |= extra.get(mutation, {})
    registry = jws.JWSRegistry(algorithms=["RS256", "RS512"], strict_check_header=False)
    if mutation == "demands what nobody knows":
        return rsa_by_hand(headers, payload)
    signed = jws.serialize_compact(headers, payload, key, registry=registry)
    return signed[:-6] + "AAAAAA" if mutation == "a broken signature" else signed


def rsa_by_hand(headers: dict[str, Any], payload: bytes) -> str:
    """For headers that the library refuses to sign."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    text = by_hand(headers, payload, b"").rstrip(".")
    assert KEY.private_key is not None
    return f"{text}.{encoded(KEY.private_key.sign(text.encode(), PKCS1v15(), SHA256()))}"


def hmac_signed(headers: dict[str, Any], payload: bytes, secret: bytes) -> str:
    text = by_hand(headers, payload, b"").rstrip(".")
    return f"{text}.{encoded(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"


def by_hand(headers: dict[str, Any], payload: bytes, signature: bytes) -> str:
    return ".".join((encoded(dumps(headers).encode()), encoded(payload), encoded(signature)))


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


LIES = (
    "another audience", "several audiences without azp", "azp of another", "another issuer", "issuer with a slash",
    "another nonce", "no nonce", "empty nonce", "expired", "no expiry", "expiry as text", "issued in the future",
    "issued long ago", "no time of issue", "not valid yet", "no subject", "subject is a number", "subject is empty",
    "access token of another", "far too long", "no algorithm", "the client secret as key", "the public key as secret",
    "it is not a token", "another key", "brings its own key", "points to its own key", "demands what nobody knows",
    "an algorithm off the list", "a key nobody knows", "a broken signature", "no id token", "refused",
    "userinfo of another subject", "userinfo without subject", "userinfo fails",
)  # fmt: skip
