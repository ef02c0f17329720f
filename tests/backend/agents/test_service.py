"""Agents of a team on both databases: made, changed, restored, terminated; as files; and never seen by others."""

from typing import Any

import pytest
from sqlmodel import col, select

from backend.agents import file, service
from backend.agents.schemas import AgentChange, AgentCreate, AgentDetail, CapabilityWish
from backend.core import db
from backend.core.errors import Invalid, NotAllowed, NotFound
from backend.core.source import Unreadable
from backend.identity.models import AuditEntry
from backend.identity.principal import Principal
from backend.nodes.agent_profile import AgentProfile
from tests.backend.identity import people

pytestmark = pytest.mark.db


async def editor(name: str = "Ada") -> Principal:
    return (await people.person(await people.team(), "editor", name=name)).by


async def make(by: Principal, name: str = "Ada", **wish: Any) -> AgentDetail:
    async with db.database().transaction() as session:
        return await service.create(session, by, AgentCreate(name=name, **wish))


async def change(by: Principal, ref: str, profile: dict[str, Any], **more: Any) -> AgentDetail:
    wish = AgentChange(profile=AgentProfile.model_validate(profile), **more)
    async with db.database().transaction() as session:
        return await service.change(session, by, ref, wish)


def states(agent: AgentDetail) -> list[str]:
    return [one.to_state for one in reversed(agent.transitions)]


async def test_an_agent_of_a_ready_made_role_is_ready_at_once(database: db.Database) -> None:
    by = await editor()
    agent = await make(by, from_role="critic", profile={"goal": "Judge offers."})
    assert agent.id.startswith("AGENT-")
    assert (agent.id[22:26], agent.state, agent.version, agent.role) == ("0001", "ready", 1, "critic")
    assert (agent.profile.goal, agent.profile.output_schema is not None) == ("Judge offers.", True)
    assert states(agent) == ["initializing", "validating", "ready"]
    assert [(one.name, one.proficiency, one.steps) for one in agent.capabilities] == [("reviewing", 0.6, 0)]
    with pytest.raises(service.NameTaken):
        await make(by)
    with pytest.raises(Invalid, match="max_turns"):
        await make(by, "Bob", profile={"max_turns": 0})
    with pytest.raises(Invalid, match="NUL"):
        await make(by, "Bob", profile={"goal": "a\0"})


async def test_one_that_cannot_work_says_why_and_is_mended_by_a_new_version(database: db.Database) -> None:
    by = await editor()
    agent = await make(by, profile={"model": "nobody"})
    assert (agent.state, agent.problems[0].place) == ("failed", "profile.model")
    agent = await change(by, "Ada", {"model": "scripted/extractive"}, reason="A model that is there")
    assert (agent.state, agent.problems, agent.version) == ("ready", [], 2)
    assert states(agent)[-3:] == ["initializing", "validating", "ready"]


async def test_versions_say_who_and_why_and_can_be_restored(database: db.Database) -> None:
    by = await editor("Grace")
    agent = await make(by, profile={"instructions": "Be kind."}, reason="First")
    await change(by, agent.id, {"instructions": "Be strict."}, reason="Too kind", based_on=1)
    same = await change(by, agent.id, {"instructions": "Be strict."}, reason="Nothing new")
    assert same.version == 2
    with pytest.raises(service.Outdated):
        await change(by, agent.id, {"instructions": "Be late."}, based_on=1)
    async with database.transaction() as session:
        restored = await service.restore(session, by, agent.id, "1")
        with pytest.raises(NotFound, match="no version 0"):
            await service.restore(session, by, agent.id, "nine")
    assert (restored.version, restored.profile.instructions) == (3, "Be kind.")
    async with database.reading() as session:
        found = (await service.versions(session, by, agent.id)).items
        told = select(AuditEntry.action).where(col(AuditEntry.team_id) == by.team_id)
        audited = (await session.exec(told.order_by(col(AuditEntry.number)))).all()
    shown = [(one.number, one.by, one.reason, one.restored_from, one.current) for one in found]
    assert shown == [
        (3, "Grace", "Version 1 again", 1, True),
        (2, "Grace", "Too kind", None, False),
        (1, "Grace", "First", None, False),
    ]
    assert audited == ["agent.created", "agent.changed", "agent.restored"]


async def test_terminated_is_final_and_frees_the_name(database: db.Database) -> None:
    by = await editor()
    first = await make(by)
    async with database.transaction() as session:
        gone = await service.terminate(session, by, first.id, "No longer needed")
    assert (gone.state, gone.transitions[0].why) == ("terminated", "No longer needed")
    with pytest.raises(service.lifecycle.NoSuchWay, match="terminated and cannot become initializing"):
        await change(by, first.id, {"goal": "Come back"})
    second = await make(by)
    async with database.reading() as session:
        assert (await service.get(session, by, "Ada")).id == second.id
        assert [one.id for one in (await service.list_(session, by)).items] == [second.id]
        every = await service.list_(session, by, with_terminated=True, limit=1)
        rest = await service.list_(session, by, with_terminated=True, cursor=every.next_cursor)
    assert {one.id for one in every.items + rest.items} == {first.id, second.id}
    assert rest.next_cursor is None


async def test_evidence_stays_with_what_an_agent_can_and_goes_with_the_rest(database: db.Database) -> None:
    by = await editor()
    wanted = [CapabilityWish(name="writing", proficiency=0.8), CapabilityWish(name="law")]
    agent = await make(by, capabilities=wanted)
    assert [(one.name, one.proficiency) for one in agent.capabilities] == [("writing", 0.8), ("law", 0.5)]
    agent = await change(by, agent.id, {}, capabilities=[CapabilityWish(name="writing", proficiency=0.3)])
    assert [(one.name, one.proficiency) for one in agent.capabilities] == [("writing", 0.3)]
    assert agent.version == 1


async def test_a_file_gives_the_same_agents_and_changes_nothing_twice(database: db.Database) -> None:
    by, other = await editor(), await editor()
    profile = {"instructions": 'One.\nTwo: "three".\n', "fallbacks": ["scripted/extractive"], "max_cost": 0.5}
    await make(by, "Ada", profile=profile, capabilities=[CapabilityWish(name="law", proficiency=0.7)])
    await make(by, "Größe 規則", from_role="planner")
    async with database.reading() as session:
        text = await file.export(session, by)
    async with database.transaction() as session:
        done = await file.apply(session, other, file.read(text))
    assert done.created == ["Ada", "Größe 規則"]
    async with database.transaction() as session:
        again = await file.apply(session, other, file.read(text.replace("Two:", "2:")))
        assert await file.export(session, other) == text.replace("Two:", "2:")
    assert (again.changed, again.unchanged) == (["Ada"], ["Größe 規則"])


async def test_others_neither_see_nor_change_it(database: db.Database) -> None:
    by, stranger = await editor(), await editor()
    viewer = (await people.person(by.team_id, "viewer")).by
    agent = await make(by)
    async with database.transaction() as session:
        assert (await service.get(session, viewer, "Ada")).id == agent.id
        assert (await service.list_(session, stranger)).items == []
        for ref in ("Ada", agent.id):
            with pytest.raises(NotFound):
                await service.get(session, stranger, ref)
            with pytest.raises(NotFound):
                await service.terminate(session, stranger, ref)
        with pytest.raises(NotAllowed):
            await service.terminate(session, viewer, agent.id)
        with pytest.raises(NotAllowed):
            await service.create(session, viewer, AgentCreate(name="Bob"))
    assert (await make(stranger, "Ada")).id != agent.id


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("agents: []", "begins with `quadrille: 1`"),
        ("quadrille: 1", "there are no agents in it"),
        ("quadrille: 1\nagents:\n  - role: research\n", "“name” is missing"),
        ("quadrille: 1\nagents:\n  - {name: Ada, modell: x}\n", "“modell” is not known here"),
        (
            "quadrille: 1\nagents:\n  - {name: Ada, max_turns: many}\n",
            "Line 3, column 17: agents[0].max_turns",
        ),
        ("quadrille: 1\nagents:\n  - {name: AGENT-1}\n", "must not begin with AGENT-"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(Unreadable) as wrong:
        file.read(text)
    assert told in str(wrong.value)
