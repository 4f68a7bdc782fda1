"""The charts agree with the programs: settings and commands. tools/system-tests/tests/metrics.rs checks on a running
system that the metrics in the rules are exported."""

import json
import re

import chart_schema
import promql_parser
import pytest
import yaml
from charts import K8S, REPOSITORY, find, pod_specs, render, server, values_of
from components import COMPONENTS


def set_by_chart(component):
    """The variables that the chart sets if everything is on."""
    everything = {
        "database": {"ca": {"secret": "a"}},
        "valkey": {"ca": {"secret": "a"}},
        "mail": {"existingSecret": "a", "from": "a@b", "ca": {"secret": "a"}} if component == "ticketing" else {},
    }
    return {each["name"] for each in server(component, everything)["env"]}


def test_the_schema_of_the_settings_is_as_it_is_generated():
    text = chart_schema.SCHEMA.read_text()
    assert text == chart_schema.written(text), "it is not as k8s/generate writes it"


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_setting_of_a_program_has_one_place_and_there_are_no_others(component):
    program = chart_schema.settings_of_program(component)
    taken, chart_sets = set(chart_schema.settings_of_chart(component)), set_by_chart(component)
    chart_sets -= {"HASH_THREADS"}  # a default below `config`
    assert taken & chart_sets == set()
    # Secrets are given as files: the plain twins are refused.
    assert taken | chart_sets == {name for name, setting in program.items() if not setting.get("writeOnly")}


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_commands_are_those_of_the_program(component):
    path = "gateway/src/commands.rs" if component == "gateway" else "crates/service/src/lib.rs"
    commands = set(re.findall(r"^    ([A-Z][A-Za-z]+)\(", (REPOSITORY / path).read_text(), re.MULTILINE))
    used = {
        argument
        for _, spec in pod_specs(render(component))
        for container in spec["containers"]
        for argument in container["args"]
    }
    assert used == ({"serve", "healthcheck"} if component == "gateway" else {"serve", "healthcheck", "migrate"})
    assert {argument.capitalize() for argument in used} <= commands


def metrics_of(expression):
    parsed = promql_parser.parse(expression)
    selectors, left = [], [parsed]
    while left:
        node = left.pop()
        if isinstance(node, promql_parser.VectorSelector):
            selectors.append(node)
        for child in ("expr", "lhs", "rhs", "vector_selector", "args", "param"):
            value = getattr(node, child, None)
            left += value if isinstance(value, list) else [value] if value is not None else []
    return selectors


def rules(component):
    values = {"metrics": {"prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}}}}
    rule = find(render(component, values), "PrometheusRule", f"booked-{component}")
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    return [one for group in rule["spec"]["groups"] for one in group["rules"]]


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_rule_selects_metrics_of_the_pods_of_the_release(component):
    for rule in rules(component):
        selectors = metrics_of(rule["expr"])
        assert selectors, rule
        for selector in selectors:
            matchers = {(matcher.name, matcher.value) for matcher in selector.matchers.matchers}
            assert {("namespace", "sale"), ("job", f"booked-{component}-admin")} <= matchers, rule


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_metrics_of_all_pods_are_scraped(component):
    values = {"metrics": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}}}
    objects = render(component, values)
    monitor = find(objects, "ServiceMonitor", f"booked-{component}")
    assert monitor["metadata"]["labels"]["release"] == "prometheus"
    admin = find(objects, "Service", f"booked-{component}-admin")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= admin["metadata"]["labels"].items()
    traffic = find(objects, "Service", f"booked-{component}")
    assert not monitor["spec"]["selector"]["matchLabels"].items() <= traffic["metadata"]["labels"].items()
    [endpoint] = monitor["spec"]["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == (admin["spec"]["ports"][0]["name"], "/metrics")


def test_all_defaults_are_in_the_library_which_documents_them():
    defaults = values_of(K8S / "library" / "booked-service" / "values.yaml")["exports"]["defaults"]
    schema = json.loads((K8S / "library" / "booked-service" / "chart.schema.json").read_text())
    assert set(schema["properties"]) - set(defaults) == {"enabled", "booked-service", "component"}
    for component in COMPONENTS:
        own = yaml.safe_load((K8S / "charts" / component / "values.yaml").read_text())
        assert set(own) - set(defaults) == {"component"}
