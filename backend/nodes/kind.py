"""What a node kind is: a settings model, ports, and one async function that knows the world only through its context."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from backend.identity.permissions import Role
from backend.inference.chat_types import ChatMessage, ChatReply, ToolCall
from backend.nodes.agent_profile import AgentProfile
from backend.nodes.answers import Document, FoundBy, HttpReply, Indexed, Passage, Received, Rest, ServerTool
from backend.nodes.colleague import Colleague
from backend.nodes.gives import Gives
from backend.nodes.question import Answer, Priority, Question

__all__ = [
    "AgentName", "AgentProfile", "Answer", "ChatMessage", "ChatReply", "Code", "Colleague", "CollectionName", "Document", "Duration", "Expression", "FoundBy", "Group",
    "HttpReply", "Indexed", "Kind", "ModelName", "NodeConfig", "NodeContext", "NodeRole", "Passage", "Play", "Ports", "Priority", "Question", "Received", "RoleNames",
    "SecretName", "ServerTool", "Step", "StepContext", "Takes", "Template", "ToolCall", "ToolNames", "WorkflowName", "node",
]  # fmt: skip

T = TypeVar("T")

# Text with `{{ expression }}` holes, and a bare expression. Kinds resolve them with `ctx.text` and `ctx.value`.
Template = Annotated[str, Field(json_schema_extra={"widget": "template"}, max_length=20_000)]
Expression = Annotated[str, Field(json_schema_extra={"widget": "expression"}, max_length=2_000)]
Code = Annotated[str, Field(json_schema_extra={"widget": "code"}, max_length=100_000)]
Duration = Annotated[float, Field(json_schema_extra={"widget": "duration"}, gt=0, le=366 * 86_400)]  # seconds
SecretName = Annotated[str, Field(json_schema_extra={"widget": "secret"}, max_length=200)]
ModelName = Annotated[str, Field(json_schema_extra={"widget": "model"}, max_length=200)]
CollectionName = Annotated[str, Field(json_schema_extra={"widget": "collection"}, max_length=200)]
WorkflowName = Annotated[str, Field(json_schema_extra={"widget": "workflow"}, max_length=200)]
AgentName = Annotated[str, Field(json_schema_extra={"widget": "agent"}, max_length=200)]
ToolNames = Annotated[tuple[str, ...], Field(json_schema_extra={"widget": "tools"}, max_length=50)]
RoleNames = Annotated[tuple[Role, ...], Field(json_schema_extra={"widget": "roles"}, max_length=10)]

Takes = Literal["any", "text"]  # "text": the first template field that must be filled in wants a text
Group = Literal["Flow", "People", "AI", "Data", "Integrations", "Notes"]


class NodeConfig(BaseModel):
    """Base of every kind's settings; unknown fields are errors, and every field has a title."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Step:
    """What a visit gives: its output, and the port by which it leaves."""

    output: JsonValue = None
    leave_by: str = "out"


@dataclass(frozen=True)
class Ports:
    """The ways out of a node: the fixed ones, and one for each entry of a list in its settings.

    `each="labels", name="name"` means: for every entry of `config.labels`, a port called `entry["name"]`
    (or the entry itself where the entries are plain text). `unless="final"` means: no port at all where
    `config.final` is true. The browser derives ports by this rule too.
    """

    fixed: tuple[str, ...] = ("out",)
    each: str | None = None
    name: str | None = None
    unless: str | None = None

    def of(self, config: Mapping[str, Any]) -> tuple[str, ...]:
        """The ports of a node with these settings, the listed ones first."""
        if self.unless and config.get(self.unless):
            return ()
        entries = cast(list[Any], config.get(self.each) or []) if self.each else []
        named = tuple(str(entry[self.name]) if self.name else str(entry) for entry in entries)
        return tuple(dict.fromkeys(n for n in (*named, *self.fixed) if n))


class StepContext(Protocol):
    """What a worker gives one try of a step: expressions, code, models, addresses, secrets, the clock."""

    run_id: str
    node_id: str
    attempt: int
    idempotency_key: str
    inputs: Mapping[str, JsonValue]  # outputs of the nodes wired into this one, by node id
    # What expressions see: input, nodes, run, and in containers item, index, previous, event.
    scope: Mapping[str, JsonValue]

    async def text(self, template: str) -> str:
        """The template with its holes filled; raises ExpressionError naming the hole."""
        ...

    async def value(self, expression: str) -> JsonValue:
        """The value of one expression; raises ExpressionError."""
        ...

    async def code(self, source: str, inputs: Mapping[str, JsonValue]) -> JsonValue:
        """Run sandboxed Python; its last expression is the value."""
        ...

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """Unit-length embeddings from the inference worker."""
        ...

    async def search(
        self, collection: str, query: str, limit: int, found_by: FoundBy = "meaning"
    ) -> list[Passage]:
        """The passages of a collection that answer best, best first."""
        ...

    async def index(self, collection: str, source: str, title: str, text: str) -> Indexed:
        """Store a text in a collection, in place of what came from this source before."""
        ...

    async def chat(
        self, model: str, messages: list[ChatMessage], options: Mapping[str, JsonValue]
    ) -> ChatReply:
        """Ask a provider's model, or the scripted one."""
        ...

    async def http(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: JsonValue,
        timeout_seconds: float,
        redirects: int = 3,
        rest: Rest | None = None,
    ) -> HttpReply:
        """One request through the guarded client, with this step's idempotency key; refused while its server rests."""
        ...

    async def document(self, source: str, *, characters: int, redirects: int = 3) -> Document:
        """What is in the file at a web address or in a `data:` address, parsed in a process with limits."""
        ...

    async def query(
        self, connection: str, statement: str, parameters: Sequence[JsonValue], rows: int
    ) -> JsonValue:
        """`columns`, `rows` and `truncated` of one reading statement; `connection` is the name of a secret that holds one."""
        ...

    async def server_tools(self, names: Sequence[str]) -> list[ServerTool]:
        """Tools of the team's own servers, as they were accepted; raises what keeps one from being used."""
        ...

    async def use_server_tool(
        self, tool: ServerTool, arguments: Mapping[str, JsonValue], key: str
    ) -> JsonValue:
        """What the tool gives; raises ToolOff where its server has changed its definition."""
        ...

    async def now(self) -> datetime:
        """This moment; a replay is told the moment of the first time. Kinds look at no other clock."""
        ...

    async def secret(self, name: str) -> str:
        """A stored secret by name; raises NotFound naming it."""
        ...


class NodeContext(StepContext, Protocol):
    """The world as a node sees it, with what only the engine can do: wait, ask, call and tell.

    Every effect of a kind goes through here, so that it can be recorded.
    """

    async def ask(self, question: Question) -> Answer:
        """Ask people and wait, for days if need be; other branches go on meanwhile."""
        ...

    async def sleep_until(self, moment: datetime) -> None:
        """Wait durably."""
        ...

    async def receive(self, name: str, key: str, until: datetime | None) -> Received | None:
        """Wait for a signal to this run or an event of the team, oldest first; None when the moment came before it.

        What came since the run began counts, also before the wait; each is received once.
        """
        ...

    async def call(self, workflow: str, version: int | None, given: JsonValue) -> JsonValue:
        """The output of another workflow, played as a run of its own; raises what went wrong in it."""
        ...

    async def agent(self, name: str) -> tuple[AgentProfile, str, int]:
        """A team's agent, its id and version; a run keeps the version that it asked first. Raises NotFound."""
        ...

    async def colleagues(self, names: Sequence[str]) -> list[Colleague]:
        """The team's agents of these names, or all that can work; what they can and how busy they are."""
        ...

    async def once(self, kind: str, request: JsonValue, do: Callable[[], Awaitable[JsonValue]]) -> JsonValue:
        """What `do` gives, recorded like any other answer of the world: who is given the record does not do it again."""
        ...

    async def together(self, parts: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
        """What all of these give, done at once; each may wait by itself while the others go on."""
        ...

    async def emit(self, topic: str, data: JsonValue, key: str = "") -> None:
        """Emit a typed event of the team, with this step's transaction; `key` says what it is about."""
        ...

    def progress(self, message: str, fraction: float | None = None) -> None:
        """Tell watchers what goes on; volatile."""
        ...


Play = Callable[[Any, NodeContext], Awaitable[Step]]
NodeRole = Literal[
    "step", "start", "end", "join", "map", "loop", "saga", "machine", "state", "exit", "call", "note", "group"
]
CONTAINERS = frozenset({"map", "loop", "saga", "machine", "state"})


@dataclass(frozen=True)
class Kind:
    """A registered kind. `name` is its file's name and permanent in saved diagrams."""

    name: str
    title: str
    group: Group
    icon: str
    config: type[NodeConfig]
    play: Play
    ports: Ports = field(default_factory=Ports)
    role: NodeRole = "step"
    summary: str = ""  # the settings field shown on the card
    version: int = 1
    help: str = ""
    effects: frozenset[str] = frozenset()  # of: read, write, external, code, money
    cacheable: bool = True  # a result may be kept and given again instead of playing the node
    upgrade: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    gives: Gives | None = None
    synonyms: tuple[str, ...] = ()  # other words by which people look for it
    takes: Takes = "any"  # drawn at its entry
    pure: bool = False  # only computes: played again with the same inputs it gives the same
    # Asks much: each answer is stored at once, and a try that begins anew goes on after the last.
    resumes: bool = False

    @property
    def is_container(self) -> bool:
        """Containers hold other nodes as their body."""
        return self.role in CONTAINERS


def node(  # noqa: PLR0913 - the declaration of a kind reads as a form
    *,
    title: str,
    group: Group,
    icon: str,
    ports: Ports | tuple[str, ...] = ("out",),
    role: NodeRole = "step",
    summary: str = "",
    version: int = 1,
    effects: tuple[str, ...] = (),
    pure: bool = False,
    resumes: bool = False,
    cacheable: bool = True,
    synonyms: tuple[str, ...] = (),
    takes: Takes = "any",
) -> Callable[[Play], Kind]:
    """Turn the one async function of a kind's file into the kind; name and help come from the file itself."""

    def register(play: Play) -> Kind:
        module = inspect.getmodule(play)
        if module is None:
            raise TypeError(f"{play} must be defined at the top of a module")
        config = inspect.signature(play).parameters["config"].annotation
        return Kind(
            name=module.__name__.rpartition(".")[2],
            title=title,
            group=group,
            icon=icon,
            config=config,
            play=play,
            ports=ports if isinstance(ports, Ports) else Ports(ports),
            role=role,
            summary=summary,
            version=version,
            help=inspect.getdoc(module) or "",
            effects=frozenset(effects),
            cacheable=cacheable and role == "step",
            upgrade=getattr(module, "upgrade", None),
            gives=getattr(module, "GIVES", None),
            synonyms=synonyms,
            takes=takes,
            pure=pure,
            resumes=resumes,
        )

    return register
