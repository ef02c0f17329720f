"""Who is asking: a member in a browser, or a program with an API key."""

from dataclasses import dataclass
from typing import Literal

from backend.core.errors import NotAllowed
from backend.identity.permissions import Permission, Role, permitted


@dataclass(frozen=True)
class Principal:
    """The caller of a service, always inside one team. Every query takes `team_id` from here."""

    team_id: str
    account_id: str
    name: str
    roles: tuple[Role, ...]
    via: Literal["session", "key", "system"]
    credential_id: str = ""

    def may(self, permission: Permission) -> bool:
        """True when a role of the caller carries the permission."""
        return permitted(self.roles, permission)

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed unless the caller has the permission."""
        if not self.may(permission):
            raise NotAllowed(
                f"Your role does not allow this ({permission}).",
                fix="Ask an owner or admin of the team for a role that does.",
                permission=permission,
            )
