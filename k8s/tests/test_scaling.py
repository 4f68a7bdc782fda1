"""How many pods there are, and what scales them."""

import pytest
from charts import K8S, UMBRELLA, deployment, find, kinds, render, values_of
from components import COMPONENTS


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_deployment_has_a_number_of_pods_unless_something_scales_them(component):
    assert deployment(component)["spec"]["replicas"] == 2
    assert deployment(component, {"replicaCount": 0})["spec"]["replicas"] == 0
    for scaler in ("autoscaling", "keda"):
        assert "replicas" not in deployment(component, {scaler: {"enabled": True}})["spec"]


def test_the_count_can_be_kept_while_autoscaling_is_turned_on():
    values = {"autoscaling": {"enabled": True, "keepReplicaCount": True, "minReplicas": 4}, "replicaCount": 3}
    assert deployment("event", values)["spec"]["replicas"] == 3


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_autoscaler_scales_this_deployment(component):
    scaler = find(
        render(component, {"autoscaling": {"enabled": True, "maxReplicas": 5}}),
        "HorizontalPodAutoscaler",
        f"booked-{component}",
    )["spec"]
    assert scaler["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"booked-{component}"}
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (2, 5)
    assert scaler["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}


def test_keda_replaces_the_autoscaler():
    values = values_of(K8S / "charts" / "ticketing" / "ci" / "keda-values.yaml")
    objects = render("ticketing", values)
    assert "HorizontalPodAutoscaler" not in kinds(objects)
    scaled = find(objects, "ScaledObject", "booked-ticketing")["spec"]
    assert scaled["scaleTargetRef"] == {"name": "booked-ticketing"}
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (2, 10)
    assert [trigger["type"] for trigger in scaled["triggers"]] == ["cron", "cpu"]


@pytest.mark.parametrize(
    ("values", "is_there"),
    [
        ({}, True),
        ({"replicaCount": 1}, False),
        ({"replicaCount": 1, "autoscaling": {"enabled": True}}, True),
        ({"autoscaling": {"enabled": True, "minReplicas": 1}}, False),
        ({"keda": {"enabled": True, "minReplicas": 0}}, False),
        ({"pdb": {"enabled": False}}, False),
    ],
)
def test_there_is_a_disruption_budget_if_there_is_more_than_one_pod(values, is_there):
    budget = find(render("ticketing", values), "PodDisruptionBudget", "booked-ticketing")
    assert (budget is not None) == is_there
    if budget:
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
        assert budget["spec"]["selector"] == deployment("ticketing", values)["spec"]["selector"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_values_for_a_sale_withstand_the_loss_of_a_zone(component):
    values = values_of(K8S / "charts" / component / "values-ha.yaml")
    objects = render(component, values)
    assert {"HorizontalPodAutoscaler", "PodDisruptionBudget", "ServiceMonitor", "PrometheusRule"} <= set(kinds(objects))
    zone = deployment(component, values)["spec"]["template"]["spec"]["topologySpreadConstraints"][0]
    assert (zone["topologyKey"], zone["whenUnsatisfiable"]) == ("topology.kubernetes.io/zone", "DoNotSchedule")


def test_the_umbrella_has_the_same_values_for_a_sale():
    assert values_of(UMBRELLA / "values-ha.yaml") == {
        component: values_of(K8S / "charts" / component / "values-ha.yaml") for component in COMPONENTS
    }
