"""Where things are, and what several tests look at."""

from pathlib import Path

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DEPLOY = REPOSITORY / "deploy"
PARTS = ["gateway", "user", "event", "ticketing", "analytics"]
RULES = {part: DEPLOY / "prometheus" / "rules" / f"{part}.yaml" for part in PARTS}


def rules(part):
    """All rules of a part's file."""
    return [rule for group in yaml.safe_load(RULES[part].read_text())["groups"] for rule in group["rules"]]


def alerts(part):
    return [rule for rule in rules(part) if "alert" in rule]
