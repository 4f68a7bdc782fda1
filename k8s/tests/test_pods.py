"""Pods are confined, are probed, and stop without a failed request."""

import pytest
from charts import UMBRELLA, deployment, environment, find, pod_specs, render, server, values_of, ways_to_set
from components import COMPONENTS

VERSION = values_of(UMBRELLA / "Chart.yaml")["version"]
REMOVED_AFTER_S = 5  # how long a cluster may take to remove the address of a pod that stops
FLUSH_S = 5  # how long the telemetry of a process may take to be sent


@pytest.mark.parametrize(("name", "chart", "values"), ways_to_set())
def test_every_pod_keeps_to_the_restricted_standard(name, chart, values):
    for pod, spec in pod_specs(render(chart, values)):
        security = spec["securityContext"]
        assert security["runAsNonRoot"] is True, pod
        assert security["runAsUser"] == 65532
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert all(
            kind in ("secret", "configMap", "emptyDir")
            for volume in spec.get("volumes", [])
            for kind in volume.keys() - {"name"}
        )
        for container in spec["containers"]:
            confined = container["securityContext"]
            assert confined["allowPrivilegeEscalation"] is False
            assert confined["readOnlyRootFilesystem"] is True
            assert confined["capabilities"] == {"drop": ["ALL"]}
            assert all("hostPort" not in port for port in container.get("ports", []))
            assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_startup_and_liveness_probes_depend_on_the_process_only_and_the_readiness_probe_on_readiness(component):
    container = server(component)
    paths = {probe: container[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")}
    assert paths == {
        "startup": {"path": "/livez", "port": "admin"},
        "liveness": {"path": "/livez", "port": "admin"},
        "readiness": {"path": "/readyz", "port": "admin"},
    }


@pytest.mark.parametrize(("name", "chart", "values"), ways_to_set())
def test_a_pod_serves_until_its_address_is_removed_and_has_time_to_drain(name, chart, values):
    for each in render(chart, values):
        if each["kind"] != "Deployment":
            continue
        spec = each["spec"]["template"]["spec"]
        container = spec["containers"][0]
        settings = {one["name"]: one.get("value") for one in container["env"]}
        asleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        draining = (int(settings["DRAIN_DELAY_MS"]) + 2 * int(settings["DRAIN_TIMEOUT_MS"])) / 1000
        assert int(settings["DRAIN_DELAY_MS"]) >= 500
        assert asleep + int(settings["DRAIN_DELAY_MS"]) / 1000 >= REMOVED_AFTER_S
        assert spec["terminationGracePeriodSeconds"] >= asleep + draining + FLUSH_S


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_rollout_never_has_fewer_pods_than_wanted(component):
    strategy = deployment(component)["spec"]["strategy"]
    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_are_spread_over_zones_and_nodes(component):
    spec = deployment(component)["spec"]
    constraints = spec["template"]["spec"]["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in constraints] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
    assert all(each["labelSelector"] == spec["selector"] for each in constraints)


def test_a_constraint_may_have_a_selector_of_its_own():
    own = {
        "maxSkew": 1,
        "topologyKey": "rack",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"a": "b"}},
    }
    [constraint] = deployment("event", {"topologySpreadConstraints": [own]})["spec"]["template"]["spec"][
        "topologySpreadConstraints"
    ]
    assert constraint["labelSelector"]["matchLabels"]["a"] == "b"


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_changed_setting_replaces_the_pods_and_nothing_else_does(component):
    before, after = (
        deployment(component, values)["spec"]["template"] for values in ({}, {"config": {"HTTP_WORKERS": 3}})
    )
    assert before != after
    scaled = deployment(component, {"replicaCount": 3})["spec"]["template"]
    if component == "gateway":
        # Each pod allows its share of the limits, so it must know how many there are.
        [env] = [container["env"] for container in scaled["spec"]["containers"]]
        [replicas] = [each for each in env if each["name"] == "GATEWAY_REPLICAS"]
        assert replicas["value"] == "3"
        replicas["value"] = "2"
    assert before == scaled


def test_settings_are_written_so_that_the_program_can_read_them():
    settings = {"BOOKING_QUEUE_MAX": 1000000, "HOLD_TTL_MS": 600000, "RUST_LOG": "info"}
    given = environment(server("ticketing", {"config": settings}))
    assert {name: given[name] for name in settings} == {
        "BOOKING_QUEUE_MAX": "1000000",
        "HOLD_TTL_MS": "600000",
        "RUST_LOG": "info",
    }


def test_what_a_platform_adds_to_pods_is_there():
    values = values_of(UMBRELLA.parent.parent / "charts" / "event" / "ci" / "job-values.yaml")
    objects = render("event", values)
    template = find(objects, "Deployment", "booked-event")["spec"]["template"]
    assert template["metadata"]["labels"]["team"] == "tickets"
    assert template["metadata"]["annotations"] == {"secrets": "2"}
    assert template["spec"]["serviceAccountName"] == "events"
    assert find(objects, "ServiceAccount", "booked-event") is None
    for name in ("nodeSelector", "tolerations", "affinity", "priorityClassName"):
        assert template["spec"][name] == values[name]
    assert {"name": "scratch", "emptyDir": {}} in template["spec"]["volumes"]
    assert {"name": "scratch", "mountPath": "/scratch"} in template["spec"]["containers"][0]["volumeMounts"]
    assert find(objects, "ConfigMap", "booked-event-more")["metadata"]["namespace"] == "sale"


@pytest.mark.parametrize(
    ("values", "image"),
    [
        ({}, f"booked-event:{VERSION}"),
        ({"global": {"image": {"registry": "r.example/b/", "tag": "2"}}}, "r.example/b/booked-event:2"),
        ({"global": {"image": {"tag": "2"}}, "image": {"tag": "3"}}, "booked-event:3"),
        ({"image": {"digest": "sha256:" + "a" * 64}}, f"booked-event:{VERSION}@sha256:" + "a" * 64),
    ],
)
def test_the_image_is_named_by_registry_tag_and_digest(values, image):
    assert {
        container["image"] for _, spec in pod_specs(render("event", values)) for container in spec["containers"]
    } == {image}


def test_names_begin_with_the_system_whatever_the_release_is_called():
    assert {each["metadata"]["name"] for each in render("event", release="whatever")} == {
        "booked-event",
        "booked-event-admin",
        "booked-event-migrate",
        "booked-event-test",
    }
    second = render("gateway", {"global": {"partOf": "blue"}})
    assert all(each["metadata"]["name"].startswith("blue-gateway") for each in second)
    assert {
        each["value"]
        for each in find(second, "Deployment", "blue-gateway")["spec"]["template"]["spec"]["containers"][0]["env"]
        if each["name"].endswith("_URL")
    } == {f"http://blue-{component}" for component in COMPONENTS if component != "gateway"}
