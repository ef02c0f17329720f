"""One question as its page shows it, and the decision."""

import orjson
import reflex as rx
from reflex.event import EventSpec

from backend.approvals import service as approvals
from backend.approvals.schemas import ApprovalDetail
from backend.core.errors import Invalid, NotFound
from frontend import routes
from frontend.rules import allows
from frontend.state import edge, forms
from frontend.state.approval_rows import Before, Edit, Entry, before, changed_fields, entry
from frontend.state.forms import Field
from frontend.state.iso import iso


class Approval(rx.State):
    """The question as it was shown; `arguments_hash` binds the decision to exactly that."""

    asked_id: str = ""
    title: str = ""
    message: str = ""
    workflow: str = ""
    run_href: str = ""
    asked_by: str = ""
    asked_at: str = ""
    expires_at: str = ""
    status: str = ""
    may_decide: bool = False
    redacted: bool = False
    rows: rx.Field[list[Field]] = rx.field(default_factory=list)
    proposal_text: str = ""
    decided_by: str = ""
    decided_at: str = ""
    decision_comment: str = ""
    comment: str = ""
    rejecting: bool = False
    changed: bool = False
    missing: str = ""
    priority: str = "normal"
    needed: int = 1
    approved_by: str = ""
    asked_of: str = ""
    waits_for: str = ""
    escalated: bool = False
    spent: str = ""
    edits: rx.Field[list[Edit]] = rx.field(default_factory=list)
    fingerprint: str = ""
    entries: rx.Field[list[Entry]] = rx.field(default_factory=list)
    earlier: rx.Field[list[Before]] = rx.field(default_factory=list)
    _hash: str = ""
    _proposal: str = ""

    @rx.event
    @allows("approval.read")
    async def load(self) -> EventSpec | None:
        """Show the question of this address.

        Comes again when a lost connection is back: what is being typed stays while the question is the same.
        """
        shown, known = (self.asked_id, self.status), self._hash
        if shown == (self._address, "open"):
            await self._read(first=False)
            if not self.changed:
                return None
        self.reset()
        await self._read(first=True)
        if shown != (self._address, "open") or self._hash == known:
            return None
        return rx.toast.info(
            "The question has changed since you opened it.", description="This is how it stands now."
        )

    @rx.event
    @allows("approval.read")
    async def refresh(self):
        """Notice that somebody else decided, or that the run asks something else now."""
        if self.status == "open":
            await self._read(first=False)

    @rx.event
    @allows("approval.decide")
    async def set_comment(self, text: str):
        """Kept for either decision."""
        self.comment = text

    @rx.event
    @allows("approval.decide")
    async def ask_to_reject(self, asked: bool):
        """Open or close the dialog that asks why."""
        self.rejecting = asked

    @rx.event
    @allows("approval.decide")
    async def approve(self, typed: dict[str, str]) -> EventSpec | None:
        """Approve with the values of the form."""
        before = orjson.loads(self._proposal)
        try:
            values = forms.values(self.rows, typed, before) if self.rows else before
            return await self._decide("approved", values)
        except Invalid as wrong:
            self.rows = forms.marked(self.rows, typed, wrong.problems)
            return rx.toast.error(wrong.message, description=wrong.fix or "Correct the marked fields.")

    @rx.event
    @allows("approval.decide")
    async def reject(self) -> EventSpec:
        """Reject, with the comment as the reason."""
        done = await self._decide("rejected", None)
        self.rejecting = False
        return done

    async def _decide(self, verdict: str, values: object) -> EventSpec:
        async with edge.writing() as (session, by):
            one = await approvals.decide(
                session,
                by,
                self.asked_id,
                verdict=verdict,  # pyright: ignore[reportArgumentType] - one of two literals above
                values=values,  # pyright: ignore[reportArgumentType] - parsed from JSON
                comment=self.comment,
                arguments_hash=self._hash,
            )
        self._take(one)
        if one.status == "open":
            return rx.toast.success(f"Approved by {len(one.approved_by)} of {one.needed}.")
        return rx.toast.success("Approved. The run goes on." if verdict == "approved" else "Rejected.")

    @property
    def _address(self) -> str:
        return self.router.url.query_parameters.get("approval_id", "") or self.approval_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part

    async def _read(self, *, first: bool) -> None:
        try:
            async with edge.reading() as (session, by):
                one = await approvals.get(session, by, self._address)
        except NotFound as error:
            self.missing = error.message
            return
        if first or one.status != self.status or one.may_decide != self.may_decide:
            self._take(one)
        else:
            self.changed = one.arguments_hash != self._hash
            self._take_around(one)

    def _take(self, one: ApprovalDetail) -> None:
        """Show the question as it stands now."""
        self._take_around(one)
        self.asked_id, self.title = one.id, one.title
        self.message, self.workflow = one.message, one.workflow_name
        self.run_href, self.asked_by = routes.run(one.run_id), one.requested_by_name
        self.asked_at, self.expires_at = iso(one.created_at), iso(one.expires_at)
        self.status, self.changed = one.status, False
        self.may_decide, self.redacted = one.may_decide, one.redacted
        shown = one.decision.values if one.decision and one.decision.values is not None else one.proposal
        self.rows = forms.fields(one.form, shown)
        self.fingerprint = one.arguments_hash[:12]
        self._hash, self._proposal = one.arguments_hash, orjson.dumps(one.proposal).decode()
        plain = shown is not None and not self.rows
        self.proposal_text = orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() if plain else ""
        if one.decision:
            self.decided_by, self.decided_at = one.decision.decided_by_name, iso(one.decision.at)
            self.decision_comment = one.decision.comment
        self.edits = changed_fields(one)

    def _take_around(self, one: ApprovalDetail) -> None:
        """What changes around a question while it stays the same."""
        self.priority, self.needed, self.escalated = one.priority, one.needed, one.escalated
        self.approved_by = ", ".join(person.name for person in one.approved_by)
        asked = [person.name for person in one.members] or list(one.roles)
        self.asked_of = ", ".join(asked + (list(one.escalate_to) if one.escalated else []))
        self.waits_for = one.info_from.name if one.info_from else ""
        self.spent = f"{one.spent.tokens:,} tokens, {one.spent.words()}" if one.spent else ""
        self.entries = [entry(said) for said in one.thread]
        self.earlier = [before(found) for found in one.earlier]
