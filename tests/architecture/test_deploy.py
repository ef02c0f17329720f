"""The container files, checked without a container engine: they name what exists and run as nobody's root."""

import re
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]


def test_compose_has_the_four_services_with_health_and_volumes() -> None:
    compose = YAML(typ="safe").load((ROOT / "deploy" / "compose.yaml").read_text())
    assert set(compose["services"]) == {"web", "worker", "redis", "postgres"}
    for name, service in compose["services"].items():
        assert "healthcheck" in service or name == "worker", name
        assert service["restart"] == "unless-stopped"
    used = {v.split(":")[0] for s in compose["services"].values() for v in s.get("volumes", [])}
    assert used - {"."} <= set(compose["volumes"]), used


def test_compose_sets_only_settings_that_exist() -> None:
    from backend.core.settings import Settings

    known = {f"QUADRILLE_{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"QUADRILLE_[A-Z_]+", (ROOT / "deploy" / "compose.yaml").read_text()))
    assert named <= known | {"QUADRILLE_DB_PASSWORD", "QUADRILLE_REDIS_PASSWORD"}, named - known


def test_dockerfile_copies_what_exists_and_drops_root() -> None:
    text = (ROOT / "Dockerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, flags=re.MULTILINE):
        *sources, _ = line.replace("--chown=quadrille ", "").split()
        for source in sources:
            assert (ROOT / source).exists(), source
    assert "\nUSER quadrille" in text
    assert "--require-hashes" in text
