"""Which OpenID provider the operator configured."""

from dataclasses import dataclass

from backend.core.settings import settings


@dataclass(frozen=True)
class Provider:
    """One provider, as its settings describe it."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    algorithms: tuple[str, ...]
    domains: frozenset[str]


def configured() -> Provider | None:
    """The provider of the settings, or None when none is configured."""
    here = settings()
    if not (here.oidc_issuer and here.oidc_client_id):
        return None
    return Provider(
        issuer=here.oidc_issuer,
        client_id=here.oidc_client_id,
        client_secret=here.oidc_client_secret.get_secret_value(),
        name=here.oidc_name,
        algorithms=_listed(here.oidc_algorithms),
        domains=frozenset(domain.lower().removeprefix("@") for domain in _listed(here.oidc_allowed_domains)),
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, (part.strip() for part in text.split(","))))
