"""Who may do what: the table of roles and permissions (roles are additive)."""

from typing import Literal, get_args

Role = Literal["owner", "admin", "editor", "operator", "approver", "viewer"]
Permission = Literal[
    "team.delete",
    "member.manage",
    "key.manage",
    "key.create",
    "secret.manage",
    "secret.use",
    "tool.manage",
    "workflow.read",
    "workflow.edit",
    "workflow.publish",
    "knowledge.edit",
    "run.read",
    "run.payload",
    "run.start",
    "run.steer",
    "approval.read",
    "approval.decide",
    "audit.read",
]

ROLES: tuple[Role, ...] = get_args(Role)
_READ: frozenset[Permission] = frozenset({"workflow.read", "run.read", "approval.read"})
_OPERATE: frozenset[Permission] = frozenset(
    {"run.payload", "run.start", "run.steer", "secret.use", "key.create"}
)
_EDIT: frozenset[Permission] = frozenset({"workflow.edit", "workflow.publish", "knowledge.edit"})
_DECIDE: frozenset[Permission] = frozenset({"approval.decide"})
_OWN: frozenset[Permission] = frozenset({"team.delete"})
_ADMIN: frozenset[Permission] = frozenset(
    {"member.manage", "key.manage", "secret.manage", "tool.manage", "audit.read", "approval.decide"}
)

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    "viewer": _READ,
    "approver": _READ | _DECIDE,
    "operator": _READ | _OPERATE,
    "editor": _READ | _OPERATE | _EDIT,
    "admin": _READ | _OPERATE | _EDIT | _ADMIN,
    "owner": _READ | _OPERATE | _EDIT | _ADMIN | _OWN,
}


def permitted(roles: tuple[Role, ...], permission: Permission) -> bool:
    """True when any of the roles carries the permission."""
    return any(permission in PERMISSIONS[role] for role in roles)


def known(names: list[str]) -> tuple[Role, ...]:
    """The roles among stored names; a name that this release does not know permits nothing."""
    return tuple(role for role in ROLES if role in names)


def granted(roles: tuple[Role, ...]) -> frozenset[Permission]:
    """Everything that the roles permit together."""
    return frozenset[Permission]().union(*(PERMISSIONS[role] for role in roles))


def within(roles: tuple[Role, ...], limit: tuple[Role, ...]) -> bool:
    """True when `roles` permit nothing that `limit` does not permit."""
    return granted(roles) <= granted(limit)
