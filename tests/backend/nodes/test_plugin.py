"""A package of somebody else adds a kind through an entry point; nothing of ours changes."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "tests" / "plugin_package"

TELL = """
import asyncio, json
from backend.nodes.registry import all_kinds
from backend.nodes.schemas import public

class Context:
    async def text(self, template): return template

kind = all_kinds()["shout"]
step = asyncio.run(kind.play(kind.config(text="hello", marks=2), Context()))
print(json.dumps({"kind": public(kind).model_dump(mode="json", by_alias=True), "output": step.output, "all": len(all_kinds())}))
"""


def in_a_process_with(target: Path, code: str) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(target), str(ROOT)])}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=env, cwd=ROOT, timeout=300
    )


def installed(target: Path, source: Path = PACKAGE) -> None:
    """Install the package for real with pip, without touching the environment of the tests."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target]
    subprocess.run([*pip, wheel(source, target.parent)], check=True, capture_output=True, timeout=120)


def wheel(source: Path, folder: Path) -> Path:
    """The package as a wheel: what a build backend makes of a pure package, without needing one here."""
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    info = f"{name}-{version}.dist-info"
    groups = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
        for group, entries in project["entry-points"].items()
    ]
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(source.glob("quadrille_test_kinds/*.py")):
            archive.write(file, file.relative_to(source))
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", "\n".join(groups))
        archive.writestr(f"{info}/RECORD", "")
    return path


def test_an_installed_package_adds_its_kind(tmp_path: Path) -> None:
    installed(tmp_path / "target")
    told = in_a_process_with(tmp_path / "target", TELL)
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    assert found["output"] == "HELLO!!"
    assert found["kind"]["title"] == "Shout"
    assert found["kind"]["help"] == "Say a text loudly."
    assert found["kind"]["schema"]["properties"]["marks"]["title"] == "Exclamation marks"
    without = in_a_process_with(
        tmp_path / "empty", "from backend.nodes.registry import all_kinds; print(len(all_kinds()))"
    )
    assert found["all"] == int(without.stdout) + 2


def test_two_kinds_of_one_name_stop_the_start(tmp_path: Path) -> None:
    source = Path(shutil.copytree(PACKAGE, tmp_path / "source"))
    (source / "quadrille_test_kinds" / "shout.py").rename(source / "quadrille_test_kinds" / "start.py")
    project = source / "pyproject.toml"
    project.write_text(project.read_text().replace("shout", "start"))
    installed(tmp_path / "target", source)
    told = in_a_process_with(tmp_path / "target", "from backend.nodes.registry import all_kinds; all_kinds()")
    assert "Two node kinds are called 'start'" in told.stderr
