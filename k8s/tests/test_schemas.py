"""Everything that is rendered is valid for the oldest and newest Kubernetes and for the owners of custom resources."""

import itertools
import json
import subprocess

import kubernetes_validate
import pytest
from charts import NEWEST, OLDEST, WITH_DATABASE, identity, node_folder, render, ways_to_set
from components import COMPONENTS

CUSTOM = {
    "ServiceMonitor": "prometheus-operator/monitoring.coreos.com/v1",
    "PrometheusRule": "prometheus-operator/monitoring.coreos.com/v1",
    "ScaledObject": "keda/keda.sh/v1alpha1",
    "HTTPRoute": "gateway-api/gateway.networking.k8s.io/v1",
}


def matrix(component):
    """All combinations of what can be on or off."""
    scaling = [{}, {"autoscaling": {"enabled": True}}, {"keda": {"enabled": True}}, {"replicaCount": 1}]
    modes = ["hook", "job", "none"] if component in WITH_DATABASE else ["hook"]
    public = [{}]
    if component == "gateway":
        public += [
            {"ingress": {"enabled": True, "hosts": ["a.example"]}},
            {"httpRoute": {"enabled": True, "parentRefs": [{"name": "a"}]}},
        ]
    for scaled, mode, opened, is_isolated, is_watched in itertools.product(
        scaling, modes, public, [True, False], [True, False]
    ):
        yield {
            **scaled,
            **opened,
            "migrations": {"mode": mode},
            "networkPolicy": {"enabled": is_isolated},
            "metrics": {"serviceMonitor": {"enabled": is_watched}, "prometheusRule": {"enabled": is_watched}},
        }


@pytest.fixture(scope="module")
def objects():
    """Every distinct object of the whole matrix and of all values files."""
    rendered = [render(component, values) for component in COMPONENTS for values in matrix(component)]
    rendered += [render(chart, values) for _, chart, values in ways_to_set()]
    for each in rendered:
        names = [identity(one) for one in each]
        assert len(names) == len(set(names)), f"two objects of one kind and name: {names}"
    return list({json.dumps(each, sort_keys=True): each for release in rendered for each in release}.values())


@pytest.mark.parametrize("kubernetes", [OLDEST, NEWEST])
def test_kubernetes_knows_every_field(objects, kubernetes):
    own = [each for each in objects if each["kind"] not in CUSTOM]
    assert {"Deployment", "Job", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy"} <= {
        each["kind"] for each in own
    }
    for each in own:
        kubernetes_validate.validate(each, kubernetes, strict=True)


def test_the_owners_of_custom_resources_know_every_field(objects):
    folder = node_folder()
    if folder is None:
        pytest.skip("CUSTOM RESOURCES WERE NOT CHECKED: their schemas cannot be installed from npm")
    custom = [each for each in objects if each["kind"] in CUSTOM]
    assert {each["kind"] for each in custom} == set(CUSTOM)
    assert complaints(custom, folder) == ""


def test_a_misspelled_field_of_a_custom_resource_is_found():
    folder = node_folder()
    if folder is None:
        pytest.skip("CUSTOM RESOURCES WERE NOT CHECKED: their schemas cannot be installed from npm")
    monitor = next(
        each
        for each in render("event", {"metrics": {"serviceMonitor": {"enabled": True}}})
        if each["kind"] == "ServiceMonitor"
    )
    monitor["spec"]["endpoints"][0]["intervall"] = "15s"
    assert "intervall" in complaints([monitor], folder)
    del monitor["spec"]["endpoints"][0]["intervall"]
    monitor["spec"]["endpoints"][0]["interval"] = "soon"
    assert "interval" in complaints([monitor], folder)


def complaints(custom, folder):
    """The schemas' errors about the objects, and the compiler's about fields that the types do not have."""
    imports = [
        f'import {{ {kind}, I{kind} }} from "@kubernetes-models/{module}/{kind}";' for kind, module in CUSTOM.items()
    ]
    lines = [
        f"const _{number}: I{each['kind']} = {json.dumps(each)}; new {each['kind']}(_{number}).validate();"
        for number, each in enumerate(custom)
    ]
    program = folder / "custom.ts"
    program.write_text("\n".join(imports + lines))
    compiler = [
        "node_modules/.bin/tsc",
        "--strict",
        "--skipLibCheck",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        program.name,
    ]
    compiled = subprocess.run(compiler, cwd=folder, capture_output=True, text=True)
    if compiled.returncode:
        return compiled.stdout
    checked = subprocess.run(["node", "custom.js"], cwd=folder, capture_output=True, text=True)
    return checked.stderr if checked.returncode else ""
