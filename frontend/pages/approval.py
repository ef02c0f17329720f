"""One question: what will happen on top, exactly what is asked under it, the decision at the bottom."""

import orjson
import reflex as rx
from reflex.event import EventSpec

from backend.approvals import service as approvals
from backend.approvals.schemas import ApprovalPublic
from backend.core.errors import Invalid, NotFound
from frontend import routes, shell
from frontend.components import frames, live, notes
from frontend.components.fields import fields
from frontend.components.links import link
from frontend.components.moments import moment
from frontend.components.prose import prose
from frontend.components.verdicts import verdict_chip
from frontend.rules import allows
from frontend.state import edge, forms
from frontend.state.forms import Field
from frontend.state.frame import Frame
from frontend.state.iso import iso

_WHO_READS = "Who may decide it reads it, and so do operators, editors and admins. An owner or admin can give you such a role."


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
    _hash: str = ""
    _proposal: str = ""

    @rx.event
    @allows("approval.read")
    async def load(self):
        """Show the question of this address."""
        self.reset()
        await self._read(first=True)

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
    async def reject(self) -> EventSpec | None:
        """Reject, with the comment as the reason."""
        self.rejecting = False
        return await self._decide("rejected", None)

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
        return rx.toast.success("Approved. The run goes on." if verdict == "approved" else "Rejected.")

    async def _read(self, *, first: bool) -> None:
        asked = self.router.url.query_parameters.get("approval_id", "") or self.approval_id  # pyright: ignore[reportAttributeAccessIssue] - the route's part
        try:
            async with edge.reading() as (session, by):
                one = await approvals.get(session, by, asked)
        except NotFound as error:
            self.missing = error.message
            return
        if first or one.status != self.status:
            self._take(one)
        else:
            self.changed = one.arguments_hash != self._hash

    def _take(self, one: ApprovalPublic) -> None:
        self.asked_id, self.title = one.id, one.title
        self.message, self.workflow = one.message, one.workflow_name
        self.run_href, self.asked_by = routes.run(one.run_id), one.requested_by_name
        self.asked_at, self.expires_at = iso(one.created_at), iso(one.expires_at)
        self.status, self.changed = one.status, False
        self.may_decide, self.redacted = one.may_decide, one.redacted
        shown = one.decision.values if one.decision and one.decision.values is not None else one.proposal
        self.rows = forms.fields(one.form, shown)
        self._hash, self._proposal = one.arguments_hash, orjson.dumps(one.proposal).decode()
        plain = shown is not None and not self.rows
        self.proposal_text = orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode() if plain else ""
        if one.decision:
            self.decided_by, self.decided_at = one.decision.decided_by_name, iso(one.decision.at)
            self.decision_comment = one.decision.comment


@rx.page(route=routes.APPROVAL, title="Approval · Quadrille", on_load=[Frame.load, Approval.load])
def approval_page() -> rx.Component:
    """Shows a question, or says why it cannot."""
    return shell.page(
        live.refresh(4, Approval.refresh),
        frames.one(Approval.missing, Approval.asked_id != "", _question()),
        title=rx.cond(Approval.title != "", Approval.title, "Approval"),
        before_title=frames.back(routes.APPROVALS, "All approvals"),
        action=rx.cond(
            Approval.status != "", rx.fragment(verdict_chip(Approval.status, Approval.may_decide))
        ),
        narrow=True,
    )


def _question() -> rx.Component:
    return rx.form(
        _facts(),
        rx.cond(
            Approval.changed,
            notes.problem(
                "The question has changed since you opened it.", fix="Load the page again before you decide."
            ),
        ),
        rx.cond(Approval.redacted, notes.hidden("What is asked is hidden for your role.", why=_WHO_READS)),
        rx.cond((Approval.message != "") & ~Approval.redacted, prose(Approval.message)),
        rx.cond(
            Approval.rows.length() > 0,
            rx.el.section(
                fields(Approval.rows, editable=Approval.may_decide),
                class_name="qk-card",
                aria_label="What is proposed",
            ),
        ),
        rx.cond(Approval.proposal_text != "", rx.el.pre(Approval.proposal_text, class_name="qk-code")),
        rx.cond(Approval.may_decide, _deciding(), _decided()),
        on_submit=Approval.approve,
        class_name="qk-question",
    )


def _facts() -> rx.Component:
    return rx.el.div(
        link(rx.icon("workflow", size=14), Approval.workflow, to=Approval.run_href, title="Open the run"),
        rx.cond(
            Approval.asked_by != "",
            rx.el.span(rx.icon("user", size=14), "Run started by ", Approval.asked_by),
        ),
        rx.el.span(rx.icon("clock", size=14), "Asked ", moment(Approval.asked_at)),
        rx.cond(
            (Approval.expires_at != "") & (Approval.status == "open"),
            rx.el.span(rx.icon("alarm-clock", size=14), "Expires ", moment(Approval.expires_at)),
        ),
        class_name="qk-facts",
    )


def _deciding() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.label("Comment", html_for="comment", class_name="qk-label"),
            rx.text_area(
                id="comment",
                name="comment",
                placeholder="Optional; kept with the decision",
                rows="2",
                on_blur=Approval.set_comment,
            ),
            class_name="qk-field",
        ),
        rx.el.div(
            rx.button(
                "Approve",
                rx.el.kbd("A", class_name="qk-only-wide"),
                type="submit",
                custom_attrs={"data-hotkey": "a"},
            ),
            rx.button(
                "Reject…",
                rx.el.kbd("R", class_name="qk-only-wide"),
                type="button",
                variant="soft",
                color_scheme="red",
                on_click=Approval.ask_to_reject(True),
                custom_attrs={"data-hotkey": "r"},
            ),
            rx.el.span(
                "You decide on exactly what is shown here.",
                class_name="qk-hint qk-only-wide",
                style={"marginLeft": "auto"},
            ),
            class_name="qk-decide",
        ),
        _why(),
    )


def _why() -> rx.Component:
    return rx.alert_dialog.root(
        rx.alert_dialog.content(
            rx.alert_dialog.title("Reject this?"),
            rx.alert_dialog.description(
                "The run takes its rejected way, or ends there. This cannot be undone."
            ),
            rx.text_area(
                placeholder="Why? The run's history keeps it.",
                default_value=Approval.comment,
                on_blur=Approval.set_comment,
                rows="3",
                margin_top="12px",
                auto_focus=True,
            ),
            rx.el.div(
                rx.button(
                    "Keep it open",
                    variant="soft",
                    color_scheme="gray",
                    on_click=Approval.ask_to_reject(False),
                ),
                rx.button("Reject", color_scheme="red", on_click=Approval.reject),
                class_name="qk-dialog-actions",
            ),
            max_width="440px",
        ),
        open=Approval.rejecting,
        on_open_change=Approval.ask_to_reject,
    )


def _decided() -> rx.Component | rx.Var:
    by = rx.cond(Approval.decided_by != "", Approval.decided_by, "Nobody in time")
    return rx.match(
        Approval.status,
        (
            "open",
            notes.problem(
                "This question is for other members of the team.",
                fix=rx.cond(Approval.redacted, "", "You can read it, not decide it."),
            ),
        ),
        ("closed", notes.problem("The run ended before anybody decided.")),
        rx.el.div(
            rx.el.strong(by, " · ", moment(Approval.decided_at)),
            rx.cond(Approval.decision_comment != "", rx.el.p(Approval.decision_comment)),
            class_name="qk-card",
        ),
    )
