"""Passwords of local accounts: argon2id, computed beside the event loop, and a short list of what is too easy."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from backend.core.errors import Problem

SHORTEST, LONGEST = 12, 200
# The commonest ones of twelve characters or more; shorter ones are refused by their length.
_COMMON = frozenset(
    """
    passwordpassword password1234 password12345 password123456 passw0rd1234 mypassword123 administrator
    administrator1 adminadmin123 adminadminadmin qwertyuiop12 qwertyuiop123 qwertyuiopas qwertyuiopasdf qwerty123456
    qwerty12345678 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz2wsx3edc 1qaz2wsx3edc4rfv zaq12wsxcde3 asdfghjkl123 asdfghjklqwe
    zxcvbnm12345 zxcvbnmasdfg iloveyou1234 iloveyouforever letmeinletmein letmein12345 welcome12345 welcome123456
    changeme1234 changemechangeme football1234 baseball1234 superman1234 sunshine1234 princess1234 dragondragon
    monkeymonkey trustno1trustno1 correcthorsebatterystaple abc123abc123 abcd1234abcd abcdefghijkl abcdefghijklm
    123456789012 1234567890123 1234567890qwe 123456123456 123123123123 121212121212 987654321012 112233445566
    computer1234 internet1234 starwars1234 whatever1234 liverpool123 manchester123 chelsea12345 barcelona123
    michael12345 jennifer1234 charlie12345 qazwsxedcrfv 0123456789ab testtesttest testpassword default12345
    supersecret1 supersecret123 verysecret123 secretsecret secretpassword defaultpassword temporarypassword
    """.split()  # noqa: SIM905 - seventy quoted words would be unreadable
)


def problems(password: str, *, email: str) -> list[Problem]:
    """What is wrong with a new password."""
    easy = password.lower()
    name = email.partition("@")[0].lower()
    if len(password) < SHORTEST:
        message = f"The password needs at least {SHORTEST} characters; 15 or more are better."
    elif len(password) > LONGEST:
        message = f"The password may have at most {LONGEST} characters."
    elif easy in _COMMON or len(set(easy)) < 5 or "quadrille" in easy:
        message = "This password is too easy to guess."
    elif len(name) > 3 and name in easy:
        message = "The password must not contain your e-mail name."
    else:
        return []
    return [Problem(message, "password", "A few unrelated words make a good password.")]


async def hashed(password: str) -> str:
    """The argon2id hash to store."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), PasswordHasher().hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """True when the password is right. Takes the same time when there is no stored hash at all."""
    right = await asyncio.get_running_loop().run_in_executor(_threads(), _verify, stored, password)
    return right and stored is not None


def _verify(stored: str | None, password: str) -> bool:
    try:
        return PasswordHasher().verify(stored or _nobody(), password[: LONGEST + 1])
    except (VerificationError, InvalidHashError):
        return False


@lru_cache
def _nobody() -> str:
    return PasswordHasher().hash("nobody has this password, it only takes the same time")


@lru_cache
def _threads() -> ThreadPoolExecutor:
    """Two at a time: each takes 64 MiB for a moment."""
    return ThreadPoolExecutor(2, thread_name_prefix="argon2")
