"""The build knows when it is current, and what it must keep out."""

import hashlib
import json
import subprocess
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from app import build, csp, node
from app.places import ROOT
from frontend.plugin import follow_own_origin


def test_the_digest_changes_with_what_pages_are_made_of(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "frontend").mkdir()
    (tmp_path / "rxconfig.py").write_text("")
    page = tmp_path / "frontend" / "page.py"
    page.write_text("a = 1")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    before = build.sources_digest()
    assert build.sources_digest() == before
    page.write_text("a = 2")
    assert build.sources_digest() != before


def test_the_digest_does_not_care_for_derived_files(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "assets" / "external").mkdir(parents=True)
    (tmp_path / "rxconfig.py").write_text("")
    monkeypatch.setattr(build, "ROOT", tmp_path)
    before = build.sources_digest()
    (tmp_path / "assets" / "external" / "island.jsx").write_text("x")
    (tmp_path / "assets" / "notes.txt").write_text("x")
    assert build.sources_digest() == before


def test_a_build_is_not_current_without_pages(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(build, "STATIC", tmp_path / "client")
    assert not build.frontend_is_current()


def test_what_changes_during_a_build_is_not_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("frontend", "reflex.lock", ".web/build/client"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "rxconfig.py").write_text("")
    page, lock = tmp_path / "frontend" / "page.py", tmp_path / "reflex.lock" / "package.json"
    page.write_text("a = 1")
    lock.write_text("{}")
    for name, place in {
        "ROOT": ".",
        "STATIC": ".web/build/client",
        "_STAMP": ".web/quadrille.digest",
    }.items():
        monkeypatch.setattr(build, name, tmp_path / place)
    monkeypatch.setattr(build, "_LOCK", tmp_path / "build" / "pages.lock")
    while_it_builds: list[Callable[[], object]] = [
        lambda: (page.write_text("a = 2"), (tmp_path / "reflex.lock" / "package-lock.json").write_text("{}")),
        lambda: None,
    ]

    def reflex(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        while_it_builds.pop(0)()
        return subprocess.CompletedProcess(command, 0, "")

    monkeypatch.setattr(build, "build_environment", dict)
    monkeypatch.setattr(build.subprocess, "run", reflex)
    assert build.build()
    assert not build.frontend_is_current()
    assert build.build()
    assert build.frontend_is_current()
    assert not build.build()


def test_the_npm_lock_names_no_registry_and_pins_every_package() -> None:
    lock = json.loads((ROOT / "reflex.lock" / "package-lock.json").read_text())
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert not [name for name, entry in packages.items() if entry.get("resolved", "").startswith("http")]
    assert not [
        name for name, entry in packages.items() if not entry.get("integrity") and not entry.get("link")
    ]


def test_only_inline_scripts_of_our_own_build_may_run(tmp_path: Path) -> None:
    inside = "window.built = true"
    (tmp_path / "index.html").write_text(f'<script src="/shell.js"></script><script>{inside}</script>')
    digest = b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert csp.inline_digests(tmp_path) == [f"'sha256-{digest}'"]


def test_reflex_is_told_to_follow_the_pages_own_origin() -> None:
    """Fails when a new Reflex has another client: the build would then carry a fixed address."""
    import reflex_base

    state_js = Path(reflex_base.__file__).parent / ".templates" / "web" / "utils" / "state.js"
    changed = follow_own_origin(state_js.read_text())
    assert "endpoint.host = window.location.host" in changed
    assert follow_own_origin(changed) == changed


def test_an_island_is_imported_from_where_reflex_links_its_files() -> None:
    from frontend import editor

    assert editor.share_editor_files("Editor.jsx") == "$/public/external/frontend/editor/Editor.jsx"
    assert (ROOT / "assets" / "external" / "frontend" / "editor" / "Editor.jsx").exists()


def test_a_page_that_a_slow_machine_draws_late_does_not_end_the_build(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--no-deprecation")
    late = "const limit = AbortSignal.timeout(1); setTimeout(() => console.log(limit.aborted), 50)"
    environment = node.build_environment()
    command = [f"{node.node_folder()}/node", "-e", late]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "false", "React Router gives a page ten seconds, and has no setting for it"
    assert environment["NODE_OPTIONS"].startswith("--no-deprecation "), "what the machine's owner set stays"
