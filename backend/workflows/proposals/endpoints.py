"""Proposals over HTTP."""

from fastapi import APIRouter

from backend.identity import limiter
from backend.identity.edge import CurrentPrincipal
from backend.workflows.proposals import service
from backend.workflows.proposals.schemas import ProposalPublic, ProposalRequest

router = APIRouter()


@router.post("/workflows/{ref}/proposals")
async def propose(ref: str, wanted: ProposalRequest, by: CurrentPrincipal) -> ProposalPublic:
    """What the draft could become, for a sentence or a failed step: with a model, or offline by templates and rules.

    Nothing is changed. `comparison` holds the draft, the proposed diagram and every change between them.
    """
    by.require("workflow.edit")
    await limiter.require("proposal", by.account_id)
    return await service.propose(by, ref, wanted)
