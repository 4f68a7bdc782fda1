"""How clients reach the gateway, and the notes of a release."""

import pytest
from charts import K8S, find, notes, render, server, texts, values_of
from components import COMPONENTS


def gateway(file):
    return values_of(K8S / "charts" / "gateway" / "ci" / file)


def test_an_ingress_leads_to_the_gateway():
    ingress = find(render("gateway", gateway("ingress-values.yaml")), "Ingress", "booked-gateway")
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["tls"] == [{"secretName": "tickets-tls", "hosts": ["tickets.example.com"]}]
    [rule] = ingress["spec"]["rules"]
    assert rule["host"] == "tickets.example.com"
    [path] = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/", "Prefix")
    assert path["backend"]["service"] == {"name": "booked-gateway", "port": {"name": "http"}}


def test_a_route_leads_to_the_gateway():
    route = find(render("gateway", gateway("route-values.yaml")), "HTTPRoute", "booked-gateway")["spec"]
    assert route["parentRefs"] == [{"name": "public", "namespace": "gateways", "sectionName": "https"}]
    assert route["hostnames"] == ["tickets.example.com"]
    assert route["rules"][0]["backendRefs"] == [{"name": "booked-gateway", "port": 80}]


def test_a_load_balancer_never_exposes_the_admin_port():
    objects = render("gateway", gateway("balancer-values.yaml"))
    assert find(objects, "Service", "booked-gateway")["spec"]["externalTrafficPolicy"] == "Local"
    shown = [each for each in objects if each["kind"] == "Service" and each["spec"]["type"] != "ClusterIP"]
    assert [[port["name"] for port in each["spec"]["ports"]] for each in shown] == [["http"]]


@pytest.mark.parametrize("component", COMPONENTS)
def test_nothing_is_public_by_default(component):
    objects = render(component)
    assert not {"Ingress", "HTTPRoute"} & {each["kind"] for each in objects}
    assert {each["spec"]["type"] for each in objects if each["kind"] == "Service"} == {"ClusterIP"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_notes_list_the_secrets(component):
    deployment = find(render(component), "Deployment", f"booked-{component}")
    for volume in deployment["spec"]["template"]["spec"]["volumes"]:
        assert f"Secret {volume['secret']['secretName']}" in notes(component)


def test_the_notes_warn_of_what_is_open():
    assert "database.to is empty" in notes("event")
    assert "database.to" not in notes("event", {"database": {"to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]}})
    assert "networkPolicy.enabled is false" in notes("event", {"networkPolicy": {"enabled": False}})
    assert "booked-event migrate" in notes("event", {"migrations": {"mode": "none"}})
    assert "keepReplicaCount" in notes(
        "event", {"autoscaling": {"enabled": True, "keepReplicaCount": True, "minReplicas": 3}}
    )
    assert "TRUSTED_PROXIES is not set" in notes("gateway", gateway("route-values.yaml"))
    assert "TRUSTED_PROXIES is not set" not in notes("gateway", gateway("ingress-values.yaml"))
    assert "port-forward" in notes("gateway")
    assert "global.tracing.to is empty: the pods may connect to port 4318" in notes(
        "gateway", gateway("route-values.yaml")
    )
    grpc = {"global": {"tracing": {"endpoint": "http://collector:4317"}}}
    assert "4317 collectors speak gRPC" in notes("event", grpc)
    assert "gRPC" not in notes("gateway", gateway("route-values.yaml"))
    assert "mail.to" in notes(
        "ticketing", {"mail": {"existingSecret": "smtp", "from": "a@b"}, "database": {"to": [{"podSelector": {}}]}}
    )


def test_the_notes_list_the_limits():
    text = notes("gateway")
    assert "each address may ask for 500 a second, 5000 at once" in text
    assert "each user may ask for 50 a second, 500 at once" in text
    assert "each address may ask for 100 a second" in notes("gateway", gateway("balancer-values.yaml"))
    assert "may ask for" not in notes("event")


def test_each_pod_allows_its_share_of_a_rate():
    def replicas(values):
        return {each["name"]: each["value"] for each in server("gateway", values)["env"] if "value" in each}[
            "GATEWAY_REPLICAS"
        ]

    assert replicas({"replicaCount": 3}) == "3"
    assert replicas({"autoscaling": {"enabled": True, "minReplicas": 4}}) == "4"


def test_behind_an_ingress_or_a_route_one_proxy_is_trusted_unless_another_number_is_given():
    def trusted(values):
        return [each["value"] for each in server("gateway", values)["env"] if each["name"] == "TRUSTED_PROXIES"]

    ingress = {"ingress": {"enabled": True, "hosts": ["a.example"]}}
    assert trusted({}) == []
    assert trusted(ingress) == ["1"]
    assert trusted(gateway("route-values.yaml")) == ["1"]
    assert trusted({**ingress, "config": {"TRUSTED_PROXIES": 2}}) == ["2"]


def test_the_notes_warn_if_clients_addresses_may_be_wrong():
    behind_ingress = gateway("ingress-values.yaml")
    assert "networkPolicy.clients" not in notes("gateway", behind_ingress)
    assert "can claim any address" in notes("gateway", {**behind_ingress, "networkPolicy": {}})
    assert "clear text" not in notes("gateway", behind_ingress)
    assert "clear text" in notes("gateway", {"ingress": {"enabled": True, "hosts": ["a.example"]}})
    balanced = gateway("balancer-values.yaml")
    assert "externalTrafficPolicy" not in notes("gateway", balanced)
    assert "externalTrafficPolicy is not Local" in notes("gateway", {"service": {"type": "LoadBalancer"}})


def test_the_umbrellas_notes_name_every_component_installed_or_not():
    text = texts("booked", {"analytics": {"enabled": False}})["booked/templates/NOTES.txt"]
    assert all(f"deployment/booked-{component}" in text for component in COMPONENTS if component != "analytics")
    assert "booked-analytics is not part of this release" in text


@pytest.mark.parametrize("component", COMPONENTS)
def test_helm_test_asks_for_readiness_through_the_admin_service(component):
    pod = find(render(component), "Pod", f"booked-{component}-test")
    assert pod["metadata"]["annotations"]["helm.sh/hook"] == "test"
    assert pod["spec"]["enableServiceLinks"] is True
    [container] = pod["spec"]["containers"]
    assert container["args"] == ["healthcheck"]
    host = f"$(BOOKED_{component.upper()}_ADMIN_SERVICE_HOST)"
    assert container["env"] == [{"name": "ADMIN_LISTEN", "value": f"{host}:8081"}]
    [of_ipv6] = find(render(component, {"ports": {"address": "[::]"}}), "Pod", f"booked-{component}-test")["spec"][
        "containers"
    ]
    assert of_ipv6["env"] == [{"name": "ADMIN_LISTEN", "value": f"[{host}]:8081"}]
