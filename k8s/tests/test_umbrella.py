"""A component is the same whether it is installed alone or by the umbrella."""

import json

import pytest
from charts import K8S, REPOSITORY, find, render, ways_to_set
from components import COMPONENTS


def of_component(objects, component):
    return [
        each
        for each in objects
        if each["metadata"].get("labels", {}).get("app.kubernetes.io/name", component) == component
    ]


@pytest.mark.parametrize(("name", "chart", "values"), [way for way in ways_to_set() if way[1] != "booked"])
def test_the_umbrella_renders_what_the_chart_alone_renders(name, chart, values):
    shared = {"global": values["global"]} if "global" in values else {}
    own = {key: value for key, value in values.items() if key != "global"}
    others = {other: {"enabled": False} for other in COMPONENTS if other != chart}
    assert of_component(render("booked", {**shared, **others, chart: own}), chart) == render(chart, values)


def test_the_umbrella_adds_nothing_of_its_own():
    together = render("booked")
    alone = [each for component in COMPONENTS for each in render(component)]
    assert sorted(map(repr, together)) == sorted(map(repr, alone))


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_component_can_be_left_out(component):
    assert render("booked", {component: {"enabled": False}}) != []
    assert all(
        each["metadata"]["labels"]["app.kubernetes.io/name"] != component
        for each in render("booked", {component: {"enabled": False}})
    )


def test_global_values_reach_all_components():
    objects = render(
        "booked",
        {"global": {"image": {"registry": "r.example", "tag": "7", "pullSecrets": ["pull"]}, "partOf": "blue"}},
    )
    deployments = [each for each in objects if each["kind"] == "Deployment"]
    assert len(deployments) == len(COMPONENTS)
    for each in deployments:
        spec = each["spec"]["template"]["spec"]
        assert spec["containers"][0]["image"].startswith("r.example/booked-")
        assert spec["containers"][0]["image"].endswith(":7")
        assert spec["imagePullSecrets"] == [{"name": "pull"}]
        assert each["metadata"]["name"].startswith("blue-")


def test_each_template_of_a_chart_is_one_line():
    for component in COMPONENTS:
        templates = sorted((K8S / "charts" / component / "templates").rglob("*.*"))
        assert [len(file.read_text().splitlines()) for file in templates] == [1, 1, 1]


def test_the_dashboards_ship_with_the_systems_name():
    assert find(render("booked"), "ConfigMap", "booked-dashboards") is None
    objects = render("booked", {"global": {"partOf": "blue"}, "dashboards": {"enabled": True}})
    shipped = find(objects, "ConfigMap", "blue-dashboards")
    assert shipped["metadata"]["labels"]["grafana_dashboard"] == "1"
    written = sorted((REPOSITORY / "deploy" / "grafana" / "dashboards").glob("*.json"))
    assert sorted(shipped["data"]) == [f"blue-{file.name}" for file in written]
    for file in written:
        dashboard = json.loads(shipped["data"][f"blue-{file.name}"])
        [system] = [each for each in dashboard["templating"]["list"] if each["name"] == "system"]
        assert system["query"] == "blue"
        assert len(dashboard["panels"]) == len(json.loads(file.read_text())["panels"])
