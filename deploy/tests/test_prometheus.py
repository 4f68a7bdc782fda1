"""Prometheus' rules are well formed and tested on made-up series; every alert has a test and an entry in the runbook."""

import re
import subprocess

import pytest
import yaml
from components import COMPONENTS
from places import DEPLOY, REPOSITORY, RULES, alerts

CASES = {component: DEPLOY / "prometheus" / "tests" / f"{component}.yaml" for component in COMPONENTS}


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)


@pytest.mark.parametrize("component", COMPONENTS)
def test_rules_are_well_formed(component):
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES[component])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("component", COMPONENTS)
def test_rules_pass_their_tests(component):
    done = promtool("test", "rules", CASES[component])
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_alert_fires_in_a_test(component):
    cases = yaml.safe_load(CASES[component].read_text())["tests"]
    expected = [case for each in cases for case in each.get("alert_rule_test", []) if case["exp_alerts"]]
    firing = [sample for each in cases for case in each.get("promql_expr_test", []) for sample in case["exp_samples"]]
    seen = {case["alertname"] for case in expected}
    seen |= set(re.findall(r'ALERTS{alertname="(\w+)"', " ".join(sample["labels"] for sample in firing)))
    assert {alert["alert"] for alert in alerts(component)} - seen == set()


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_alert_has_a_severity_a_summary_and_a_description(component):
    for alert in alerts(component):
        assert alert["alert"].startswith(f"Booked{component.capitalize()}")
        assert alert["labels"]["severity"] in ("warning", "critical")
        assert len(alert["annotations"]["summary"]) > 10
        assert len(alert["annotations"]["description"]) > 60


def test_the_charts_ship_the_same_rules():
    for component in COMPONENTS:
        link = REPOSITORY / "k8s" / "charts" / component / "files" / "rules.yaml"
        assert link.is_symlink() and link.samefile(RULES[component]), link


def test_the_runbook_says_what_to_do_about_each_alert_and_names_no_other():
    runbook = (REPOSITORY / "docs" / "runbook.md").read_text()
    section = runbook.split("\n## Alerts\n")[1].split("\n## ")[0]
    explained = re.findall(r"\bBooked[A-Z]\w+", section)
    assert sorted(set(explained)) == sorted(alert["alert"] for component in COMPONENTS for alert in alerts(component))
    assert set(re.findall(r"\bBooked[A-Z]\w+", runbook)) == set(explained)
