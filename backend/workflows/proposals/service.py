"""Proposals: from a sentence or a failure to a diagram that people look at and accept in parts. Nothing is stored."""

from dataclasses import asdict

from backend.core import db
from backend.core.errors import Invalid
from backend.identity.principal import Principal
from backend.nodes import registry
from backend.workflows import repository, service, templates, views
from backend.workflows.body import in_thread
from backend.workflows.diagram import Diagram
from backend.workflows.proposals import asking, matching, merging, remedies
from backend.workflows.proposals.schemas import ProposalPublic, ProposalRequest, TemplateChoice
from backend.workflows.schemas import ProblemPublic

_NEEDS_MODEL = (
    "Changing a diagram that is drawn already takes a model; none was chosen. Offline, sentences are matched with the templates, "
    "which helps with an empty diagram. Choose a model here, or store a provider's key under Settings, Secrets."
)
_CHOICES = 3


async def propose(by: Principal, ref: str, wanted: ProposalRequest) -> ProposalPublic:
    """A proposal for the draft as it is now; raises Invalid where nothing is asked."""
    by.require("workflow.edit")
    if not wanted.sentence.strip() and wanted.failure is None and not wanted.template:
        raise Invalid(
            "There is nothing to propose from.", fix="Say in a sentence what the workflow should do."
        )
    async with db.database().reading() as session:
        before = (await service.draft(session, by, ref)).diagram
        names = await repository.secret_names(session, by.team_id)
    if wanted.model:
        answer = await asking.Asker(by, before, registry.all_kinds(), names, wanted).answer()
        found = await _shown(
            "model", answer.told or "A diagram without a word about it.", before, answer.diagram
        )
        problems = [ProblemPublic(**asdict(problem)) for problem in answer.problems]
        return found.model_copy(update={"problems": problems, "model": wanted.model})
    if wanted.failure is not None:
        told, after = remedies.of(before, wanted.failure)
        return await _shown("rules", told, before, after)
    return await _matched(before, wanted)


async def _matched(before: Diagram, wanted: ProposalRequest) -> ProposalPublic:
    """The nearest template, or the one that was chosen, in place of an empty diagram."""
    found, by_meaning = await matching.matches(wanted.sentence) if wanted.sentence.strip() else ([], True)
    choices = [
        TemplateChoice(name=one.template.name, title=one.template.diagram.name, score=one.score)
        for one in found[:_CHOICES]
    ]
    if not merging.is_bare(before, registry.all_kinds()):
        nothing = await _shown("templates", _NEEDS_MODEL, before, before)
        return nothing.model_copy(update={"choices": choices})
    chosen = templates.get(wanted.template) if wanted.template else found[0].template
    near = bool(wanted.template) or found[0].score >= matching.ENOUGH
    told = _told(chosen.diagram.name, near=near, by_meaning=by_meaning)
    after = chosen.diagram.model_copy(update={"comments": before.comments}) if near else before
    shown = await _shown("templates", told, before, after)
    return shown.model_copy(update={"choices": choices})


def _told(title: str, *, near: bool, by_meaning: bool) -> str:
    how = "by meaning and words" if by_meaning else "by words alone, for no inference worker answers"
    if near:
        return f"No model was asked. Of the templates “{title}” is nearest to your sentence, compared {how}; it is a start, no more."
    return (
        f"No template is near enough to your sentence, compared {how}. With a model, a diagram of its own can be proposed; or begin "
        "with one of the templates below."
    )


async def _shown(source: str, told: str, before: Diagram, after: Diagram) -> ProposalPublic:
    comparison = await in_thread(views.comparison, before, after)
    return ProposalPublic.model_validate({"source": source, "told": told, "comparison": comparison})
