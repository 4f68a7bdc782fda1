"""Which pods may call which: the NetworkPolicies, evaluated as a cluster evaluates them."""

import itertools

import pytest
from charts import WITH_DATABASE, deployment, environment, find, notes, render, server
from components import COMPONENTS

CALLS = {
    ("gateway", "user"),
    ("gateway", "event"),
    ("gateway", "ticketing"),
    ("gateway", "analytics"),
    ("event", "ticketing"),
    ("ticketing", "event"),
    ("ticketing", "user"),
    ("analytics", "ticketing"),
}
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
MONITORING = {"kubernetes.io/metadata.name": "monitoring"}
PORTS = {"http": 8080, "admin": 8081}
HERE = {"kubernetes.io/metadata.name": "sale"}


def labels(component, kind="server"):
    return {
        "app.kubernetes.io/name": component,
        "app.kubernetes.io/instance": "booked",
        "app.kubernetes.io/part-of": "booked",
        "app.kubernetes.io/component": kind,
    }


def matches(selector, given):
    return all(given.get(name) == value for name, value in selector.get("matchLabels", {}).items())


def is_one_of(peers, pod, namespace):
    """Whether a pod of a namespace is among the peers of a rule; an empty list allows all peers."""

    def is_it(peer):
        in_namespace = (
            matches(peer["namespaceSelector"], namespace) if "namespaceSelector" in peer else namespace == HERE
        )
        return "ipBlock" not in peer and in_namespace and matches(peer.get("podSelector", {}), pod)

    return not peers or any(is_it(peer) for peer in peers)


def allows(objects, direction, pod, other, port, namespace=HERE):
    """Whether the policies of a pod let another pod call it (Ingress), or let it call another pod (Egress), at a port."""
    rules, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    policies = [
        each["spec"]
        for each in objects
        if each["kind"] == "NetworkPolicy"
        and matches(each["spec"]["podSelector"], pod)
        and direction in each["spec"]["policyTypes"]
    ]
    assert policies, f"nothing isolates {pod}"
    return any(
        is_one_of(rule.get(peers), other, namespace)
        for policy in policies
        for rule in policy[rules]
        if {port, PORTS[port]} & {allowed["port"] for allowed in rule.get("ports", [])}
    )


def may_call(objects, caller, called, port):
    return allows(objects, "Egress", labels(caller), labels(called), port) and allows(
        objects, "Ingress", labels(called), labels(caller), port
    )


@pytest.fixture(scope="module")
def objects():
    return render("booked")


def test_exactly_these_calls_are_possible(objects):
    others = itertools.permutations(COMPONENTS, 2)
    possible = {(caller, called) for caller, called in others if may_call(objects, caller, called, "http")}
    assert possible == CALLS


def test_each_component_has_the_addresses_of_those_that_it_calls():
    for component in COMPONENTS:
        urls = {
            (component, name.removesuffix("_URL").lower())
            for name in environment(server(component))
            if name.endswith("_URL")
        }
        assert urls == {call for call in CALLS if call[0] == component}


def test_no_component_reaches_the_admin_port_of_another(objects):
    assert not [pair for pair in itertools.permutations(COMPONENTS, 2) if may_call(objects, *pair, "admin")]


def test_outside_the_namespace_only_the_gateway_can_be_called(objects):
    stranger = ({"app": "stranger"}, "http", {"kubernetes.io/metadata.name": "elsewhere"})
    assert [component for component in COMPONENTS if allows(objects, "Ingress", labels(component), *stranger)] == [
        "gateway"
    ]


def test_the_gateway_can_be_limited_to_some_clients():
    clients = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}}]
    objects = render("gateway", {"networkPolicy": {"clients": clients}})
    asked = {
        name: allows(objects, "Ingress", labels("gateway"), {}, "http", {"kubernetes.io/metadata.name": name})
        for name in ("ingress", "elsewhere")
    }
    assert asked == {"ingress": True, "elsewhere": False}


@pytest.mark.parametrize("component", COMPONENTS)
def test_prometheus_reads_the_admin_port_and_calls_nothing_else(objects, component):
    assert allows(objects, "Ingress", labels(component), PROMETHEUS, "admin", MONITORING)
    assert not allows(objects, "Ingress", labels(component), PROMETHEUS, "admin", HERE)
    if component != "gateway":
        assert not allows(objects, "Ingress", labels(component), PROMETHEUS, "http", MONITORING)


@pytest.mark.parametrize("component", COMPONENTS)
def test_only_ticketing_reaches_valkey_and_the_gateway_no_database(objects, component):
    out = {
        allowed["port"]
        for rule in find(objects, "NetworkPolicy", f"booked-{component}")["spec"]["egress"]
        for allowed in rule["ports"]
    }
    assert (6379 in out) == (component == "ticketing")
    assert (5432 in out) == (component != "gateway")
    assert 53 in out


@pytest.mark.parametrize("component", WITH_DATABASE)
def test_a_database_that_is_named_is_the_only_one_that_is_reached(component):
    own = [{"ipBlock": {"cidr": "10.1.2.3/32"}}]
    for policy in (f"booked-{component}", f"booked-{component}-migrate"):
        egress = find(render(component, {"database": {"to": own}}), "NetworkPolicy", policy)["spec"]["egress"]
        assert [rule["to"] for rule in egress if rule["ports"][0]["port"] == 5432] == [own]


def test_a_migration_reaches_its_database_and_nothing_else(objects):
    for component in WITH_DATABASE:
        policy = find(objects, "NetworkPolicy", f"booked-{component}-migrate")["spec"]
        assert policy["ingress"] == []
        assert [[allowed["port"] for allowed in rule["ports"]] for rule in policy["egress"]] == [[53, 53], [5432]]


def test_the_test_of_a_release_reaches_only_its_admin_port(objects):
    for component in COMPONENTS:
        test = labels(component, "test")
        assert allows(objects, "Egress", test, labels(component), "admin")
        assert allows(objects, "Ingress", labels(component), test, "admin")
        assert not allows(objects, "Egress", test, labels(component), "http")


def test_traces_reach_the_collector_if_there_is_one():
    traced = {"global": {"tracing": {"endpoint": "http://collector.monitoring:4318"}}}
    for component in COMPONENTS:
        ports = [
            rule["ports"][0]["port"]
            for rule in find(render(component, traced), "NetworkPolicy", f"booked-{component}")["spec"]["egress"]
        ]
        assert 4318 in ports
        assert (
            environment(server(component, traced))["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://collector.monitoring:4318"
        )
        assert not [name for name in environment(server(component)) if name.startswith("OTEL_")]


def test_a_component_in_another_namespace_is_called_there():
    objects = render("gateway", {"peers": {"event": {"namespace": "events"}}})
    assert (
        environment(server("gateway", {"peers": {"event": {"namespace": "events"}}}))["EVENT_URL"]
        == "http://booked-event.events.svc"
    )
    events = {"kubernetes.io/metadata.name": "events"}
    assert allows(objects, "Egress", labels("gateway"), labels("event"), "http", events)
    assert not allows(objects, "Egress", labels("gateway"), labels("event"), "http", HERE)


def test_a_component_at_another_port_is_called_there():
    values = {"peers": {"event": {"port": 8080}, "user": {"port": 8443, "namespace": "accounts"}}}
    urls = environment(server("gateway", values))
    assert urls["EVENT_URL"] == "http://booked-event:8080"
    assert urls["USER_URL"] == "http://booked-user.accounts.svc:8443"
    assert urls["TICKETING_URL"] == "http://booked-ticketing"
    assert "call this one too (peers.event.port)" in notes("event", {"service": {"port": 8080}})


def test_ingress_is_allowed_at_port_numbers():
    for component in COMPONENTS:
        objects = render(component, {"ports": {"traffic": 9000, "admin": 9001}})
        allowed = [
            port["port"]
            for rule in find(objects, "NetworkPolicy", f"booked-{component}")["spec"]["ingress"]
            for port in rule["ports"]
        ]
        assert allowed == [9000, 9001]


@pytest.mark.parametrize("component", COMPONENTS)
def test_services_and_policies_select_the_pods(component):
    objects = render(component)
    pods = deployment(component)["spec"]["template"]["metadata"]["labels"]
    services = [each["spec"]["selector"] for each in objects if each["kind"] == "Service"]
    assert len(services) == 2
    assert all(selector.items() <= pods.items() for selector in services)
    assert labels(component).items() <= pods.items()
