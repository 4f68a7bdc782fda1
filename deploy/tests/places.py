"""Paths, and the alerting rules, which several tests read."""

from pathlib import Path

import yaml
from components import COMPONENTS

REPOSITORY = Path(__file__).resolve().parent.parent.parent
DEPLOY = REPOSITORY / "deploy"
RULES = {component: DEPLOY / "prometheus" / "rules" / f"{component}.yaml" for component in COMPONENTS}


def rules(component):
    """All rules in a component's file."""
    return [rule for group in yaml.safe_load(RULES[component].read_text())["groups"] for rule in group["rules"]]


def alerts(component):
    return [rule for rule in rules(component) if "alert" in rule]
