"""Every row belongs to a team."""

from app.tables import METADATA

# Rows of the installation rather than of a team.
INSTALLATION = {"worker"}


def test_every_table_has_a_team() -> None:
    without = {t.name for t in METADATA.tables.values() if "team_id" not in t.columns and t.name != "team"}
    assert without <= INSTALLATION, f"give these a team_id: {without - INSTALLATION}"
