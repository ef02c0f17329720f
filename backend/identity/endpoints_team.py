"""The caller, their team, its members, invitations and audit trail."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query

from backend.core.plain_text import RowNumber
from backend.identity import accounts, audit, joining, members, repository
from backend.identity.edge import CurrentPrincipal, ReadSession, WriteSession
from backend.identity.models import Invitation
from backend.identity.permissions import granted, known
from backend.identity.schemas import (
    AuditOut,
    InvitationMade,
    InvitationOut,
    Me,
    MemberOut,
    NewInvitation,
    NewRoles,
    NewTeamName,
    Shortcuts,
    VerdictOut,
)

router = APIRouter(prefix="/api/v1")


@router.get("/me")
async def me(by: CurrentPrincipal, session: ReadSession) -> Me:
    """Who the caller is and what they may do."""
    account = await repository.account(session, by.account_id)
    return Me(
        account_id=by.account_id,
        team_id=by.team_id,
        team_name=await members.team_name(session, by),
        name=by.name,
        email=account.email if account else "",
        roles=list(by.roles),
        permissions=sorted(granted(by.roles)),
        via=by.via,
        shortcuts=account.shortcuts if account else {},
    )


@router.put("/me/shortcuts")
async def change_shortcuts(by: CurrentPrincipal, session: WriteSession, body: Shortcuts) -> Shortcuts:
    """Keep the caller's own keys for the editor; an empty map gives those of the product again."""
    await accounts.keep_shortcuts(session, by, body.shortcuts)
    return body


@router.patch("/team")
async def rename_team(by: CurrentPrincipal, session: WriteSession, body: NewTeamName) -> NewTeamName:
    """Give the team another name."""
    return NewTeamName(name=(await joining.rename(session, by, body.name)).name)


@router.get("/members")
async def list_members(by: CurrentPrincipal, session: ReadSession) -> list[MemberOut]:
    """Everybody in the team."""
    return [MemberOut(**asdict(one)) for one in await members.list_(session, by)]


@router.patch("/members/{member_id}")
async def change_member(
    by: CurrentPrincipal, session: WriteSession, member_id: str, body: NewRoles
) -> MemberOut:
    """Give a member other roles."""
    return MemberOut(**asdict(await members.change_roles(session, by, member_id, tuple(body.roles))))


@router.delete("/members/{member_id}", status_code=204)
async def remove_member(by: CurrentPrincipal, session: WriteSession, member_id: str) -> None:
    """Take somebody out of the team, or leave it."""
    await members.remove(session, by, member_id)


@router.get("/invitations")
async def list_invitations(by: CurrentPrincipal, session: ReadSession) -> list[InvitationOut]:
    """The links that still work."""
    return [_shown(row) for row in await joining.invitations(session, by)]


@router.post("/invitations", status_code=201)
async def invite(by: CurrentPrincipal, session: WriteSession, body: NewInvitation) -> InvitationMade:
    """Make a link that lets one person join."""
    row, url = await joining.invite(session, by, roles=tuple(body.roles), email=body.email)
    return InvitationMade(**_shown(row).model_dump(), url=url)


@router.delete("/invitations/{invitation_id}", status_code=204)
async def withdraw_invitation(by: CurrentPrincipal, session: WriteSession, invitation_id: str) -> None:
    """Make a link useless."""
    await joining.withdraw(session, by, invitation_id)


@router.get("/audit")
async def list_audit(
    by: CurrentPrincipal,
    session: ReadSession,
    before: RowNumber | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[AuditOut]:
    """What people did, newest first; `before` is the number of the last entry of the page before."""
    rows = await audit.list_(session, by, before=before, limit=limit)
    return [AuditOut.model_validate(row, from_attributes=True) for row in rows]


@router.get("/audit/verdict")
async def audit_verdict(by: CurrentPrincipal, session: ReadSession, anchor: str = "") -> VerdictOut:
    """Whether the trail is whole; `anchor` is a head that was noted earlier."""
    by.require("audit.read")
    verdict = await audit.verify(session, by.team_id, anchor=anchor)
    return VerdictOut(whole=verdict.whole, **asdict(verdict))


def _shown(row: Invitation) -> InvitationOut:
    return InvitationOut(
        id=row.id,
        email=row.email,
        roles=list(known(row.roles)),
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
