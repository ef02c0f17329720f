"""The key ring: seals values with AES-256-GCM bound to their place, and signs with HMAC (decisions D12, D13).

The keys come from QUADRILLE_SECRET_KEY (comma-separated) or from `secret.key` in the data folder (one a line).
The first key seals and signs; the others only open and verify what was made before a rotation.
"""

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backend.core.errors import QuadrilleError
from backend.core.settings import settings

_NONCE_BYTES = 12
_SHORTEST_KEY = 32


class KeyProblem(QuadrilleError):
    """A key is missing, too weak, or not the one a value was sealed with."""

    code, status, title = "key_problem", 500, "Encryption key problem"


@dataclass(frozen=True)
class Sealed:
    """An encrypted value and the id of the key that opens it."""

    key_id: str
    data: bytes


class KeyRing:
    """Keys by id; an id is derived from its key, so that the order of the ring is all there is to manage."""

    _ID_INFO: ClassVar[bytes] = b"quadrille key id"

    def __init__(self, texts: list[str]) -> None:
        if not texts or any(len(text) < _SHORTEST_KEY for text in texts):
            raise KeyProblem(
                f"An encryption key needs at least {_SHORTEST_KEY} characters.",
                fix="Make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
            )
        self._keys = {_derived(text, self._ID_INFO, 4).hex(): text for text in texts}
        self.current = next(iter(self._keys))

    def seal(self, plain: bytes, place: str) -> Sealed:
        """Encrypt for one place: the result opens nowhere else."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._cipher_key(self.current)).encrypt(nonce, plain, place.encode())
        return Sealed(self.current, nonce + sealed)

    def open(self, sealed: Sealed, place: str) -> bytes:
        """Decrypt; raises KeyProblem when the key is gone, or the value was changed or moved."""
        cipher = AESGCM(self._cipher_key(sealed.key_id))
        try:
            return cipher.decrypt(sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise KeyProblem("A stored value was changed, or belongs to another place.") from None

    def sign(self, data: bytes, purpose: str) -> str:
        """A signature `key id:hex` for one purpose."""
        return f"{self.current}:{self._mac(self.current, data, purpose)}"

    def signed(self, data: bytes, purpose: str, signature: str) -> bool:
        """True when the signature is ours."""
        key_id, _, mac = signature.partition(":")
        return key_id in self._keys and hmac.compare_digest(self._mac(key_id, data, purpose), mac)

    def _mac(self, key_id: str, data: bytes, purpose: str) -> str:
        key = _derived(self._text(key_id), b"quadrille mac " + purpose.encode(), 32)
        return hmac.new(key, data, hashlib.sha256).hexdigest()

    def _cipher_key(self, key_id: str) -> bytes:
        return _derived(self._text(key_id), b"quadrille aes-256-gcm", 32)

    def _text(self, key_id: str) -> str:
        if key_id not in self._keys:
            raise KeyProblem(
                f"The key {key_id}, with which a value was sealed, is not in the key ring.",
                fix="Add the old key behind the new one in QUADRILLE_SECRET_KEY or in the file secret.key.",
            )
        return self._keys[key_id]


@lru_cache(maxsize=4)
def _ring(configured: str, file: Path) -> KeyRing:
    return KeyRing([part.strip() for part in configured.split(",")] if configured else _from_file(file))


def key_ring() -> KeyRing:
    """The keys of this installation; a key file is made at first use."""
    return _ring(settings().secret_key.get_secret_value(), settings().data_dir.resolve() / "secret.key")


def add_key_to_file() -> str:
    """Put a new key at the head of the key file; its id. Values keep opening with the older ones."""
    file = settings().data_dir.resolve() / "secret.key"
    texts = [secrets.token_urlsafe(_SHORTEST_KEY), *_from_file(file)]
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    _write_new(fresh, texts)
    fresh.replace(file)
    _ring.cache_clear()
    return KeyRing(texts).current


def _from_file(file: Path) -> list[str]:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        _claim(file, [secrets.token_urlsafe(_SHORTEST_KEY)])
    return [line.strip() for line in file.read_text().splitlines() if line.strip()]


def _claim(file: Path, texts: list[str]) -> None:
    """Make the file whole or not at all: of two processes that start at once, one gives the key to both."""
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    _write_new(draft, texts)
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _write_new(file: Path, texts: list[str]) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write("\n".join(texts) + "\n")
        out.flush()
        os.fsync(out.fileno())


@lru_cache(maxsize=64)
def _derived(text: str, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(text.encode())
