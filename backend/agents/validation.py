"""Whether a profile can work here: its models and tools are known, its script can be read, its schema is one."""

from collections.abc import Iterator

from backend.core import forms
from backend.core.errors import Problem, QuadrilleError
from backend.inference import chat, chat_scripted
from backend.nodes import server_tools
from backend.nodes.agent_profile import AgentProfile
from backend.nodes.tool_registry import all_tools


def problems(profile: AgentProfile) -> list[Problem]:
    """Everything that keeps the profile from working, with places as in the API's body."""
    return [*_models(profile), *_tools(profile), *_script(profile), *_schema(profile)]


def _models(profile: AgentProfile) -> Iterator[Problem]:
    named = [("profile.model", profile.model)]
    named += [(f"profile.fallbacks[{n}]", name) for n, name in enumerate(profile.fallbacks)]
    for place, name in named:
        if not chat.is_known(name):
            fix = f"Use {chat.NAMES}."
            yield Problem(f"There is no model called “{name}”.", place, fix, "model_unknown")


def _tools(profile: AgentProfile) -> Iterator[Problem]:
    known = all_tools()
    for n, name in enumerate(profile.tools):
        if name not in known and not server_tools.is_name(name):
            fix = f"Choose among {', '.join(sorted(known))}."
            yield Problem(f"There is no tool called “{name}”.", f"profile.tools[{n}]", fix, "tool_unknown")


def _script(profile: AgentProfile) -> Iterator[Problem]:
    scripted = chat_scripted.NAME in (profile.model, *profile.fallbacks)
    if not scripted and not profile.script.strip():
        return
    try:
        chat_scripted.read(profile.script)
    except QuadrilleError as wrong:
        yield Problem(wrong.message, "profile.script", wrong.fix or "Mend the script.", "script")


def _schema(profile: AgentProfile) -> Iterator[Problem]:
    if profile.output_schema:
        yield from forms.form_problems(profile.output_schema, "profile.output_schema")
