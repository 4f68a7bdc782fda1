"""The charts agree with the programs' sources: settings and commands. tools/system-tests/tests/metrics.rs checks on a running
system that the metrics in the rules are exported."""

import json
import re

import promql_parser
import pytest
import yaml
from charts import K8S, REPOSITORY, WITH_DATABASE, find, pod_specs, render, server, values_of
from components import COMPONENTS

SHARED = ["crates/server/src/config.rs"]
SOURCES = {
    "gateway": [*SHARED, "gateway/src/config.rs", "gateway/src/config"],
    **{
        component: [*SHARED, "crates/postgres/src/config.rs", f"services/{component}/src"]
        for component in WITH_DATABASE
    },
}
# Of operators' commands, not of `serve`.
OF_COMMANDS = {"ADMIN_PASSWORD_FILE", "NEW_PASSWORD_FILE"}
# Secrets are given as files: the charts refuse the variables that hold the secret itself.
PLAIN_SECRETS = {"DATABASE_URL", "VALKEY_URL", "SMTP_URL", "INTERNAL_CREDENTIAL"}


def rust(paths):
    for path in paths:
        path = REPOSITORY / path
        files = sorted(path.rglob("*.rs")) if path.is_dir() else [path]
        yield from (file.read_text() for file in files)


def settings_of_program(component):
    arguments = [found for text in rust(SOURCES[component]) for found in re.findall(r'env = "([A-Z_]+)"', text)]
    return set(arguments) - OF_COMMANDS


def settings_of_chart(component):
    """Those that `config` accepts, and those that the chart sets if everything is on."""
    schema = json.loads((K8S / "library" / "booked-service" / "chart.schema.json").read_text())
    taken = set(schema["$defs"][f"{component}Settings"]["properties"])
    everything = {
        "database": {"ca": {"secret": "a"}},
        "valkey": {"ca": {"secret": "a"}},
        "mail": {"existingSecret": "a", "from": "a@b", "ca": {"secret": "a"}} if component == "ticketing" else {},
    }
    return taken, {each["name"] for each in server(component, everything)["env"]}


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_setting_of_a_program_has_one_place_and_there_are_no_others(component):
    taken, chart_sets = settings_of_chart(component)
    chart_sets -= {"HASH_THREADS"}  # a default below `config`
    assert taken & chart_sets == set()
    assert (taken | chart_sets) - {"RUST_LOG"} == settings_of_program(component) - PLAIN_SECRETS


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_ranges_are_those_of_the_program(component):
    schema = json.loads((K8S / "library" / "booked-service" / "chart.schema.json").read_text())
    text = "".join(rust(SOURCES[component]))
    constants = dict(re.findall(r"const ([A-Z_]+): [^=]*= ([0-9_]+(?:\.\.=[0-9_]+)?);", text))
    compared = 0

    def number(given):
        return int(constants.get(given, given).replace("_", ""))

    for name, given in schema["$defs"][f"{component}Settings"]["properties"].items():
        found = re.search(rf'"{name}", &?[\w.]+, ([\w.=]+)\)', text)
        if found and given.get("type") == "integer":
            low, high = constants.get(found[1], found[1]).split("..=")
            assert (given["minimum"], given["maximum"]) == (number(low), number(high)), name
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_commands_are_those_of_the_program(component):
    path = "gateway/src/commands.rs" if component == "gateway" else "crates/service/src/lib.rs"
    commands = set(re.findall(r"^    ([A-Z][A-Za-z]+)\(", next(rust([path])), re.MULTILINE))
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
