"""What the charts repeat of deploy/components, since Helm cannot read it."""

import json

import pytest
import yaml
from charts import K8S, UMBRELLA, texts, values_of
from components import COMPONENTS, FLAGS

LIBRARY = K8S / "library" / "booked-service"
SCHEMA = json.loads((LIBRARY / "chart.schema.json").read_text())


def table():
    """The table of the library's _topology.tpl."""
    text = (LIBRARY / "templates" / "_topology.tpl").read_text()
    return yaml.safe_load(text.split('{{- define "booked-service.topology" -}}\n')[1].split("{{- end }}")[0])


def test_the_library_has_the_same_components_with_the_same_flags():
    flags = {name: {key for key, value in row.items() if value is True} for name, row in table().items()}
    assert list(flags) == COMPONENTS
    assert flags == FLAGS


def test_calls_are_to_components():
    assert {called for row in table().values() for called in row["calls"]} <= set(COMPONENTS)


@pytest.mark.parametrize("component", COMPONENTS)
def test_each_has_a_chart(component):
    chart = K8S / "charts" / component
    assert values_of(chart / "Chart.yaml")["name"] == component
    own = values_of(chart / "values.yaml")
    assert own["component"] == component
    assert own["image"]["repository"] == f"booked-{component}"
    assert (UMBRELLA / "charts" / component).samefile(chart)


def test_there_are_no_other_charts():
    for folder in (K8S / "charts", UMBRELLA / "charts"):
        assert {each.name for each in folder.iterdir()} == set(COMPONENTS)


def test_the_schema_and_the_default_values_name_the_same():
    assert SCHEMA["properties"]["component"]["enum"] == COMPONENTS
    assert list(SCHEMA["properties"]["peers"]["properties"]) == COMPONENTS
    assert {f"{name}Settings" for name in COMPONENTS} == {name for name in SCHEMA["$defs"] if name.endswith("Settings")}
    assert list(values_of(LIBRARY / "values.yaml")["exports"]["defaults"]["peers"]) == COMPONENTS


def test_the_umbrella_names_the_same():
    dependencies = values_of(UMBRELLA / "Chart.yaml")["dependencies"]
    assert [(each["name"], each["condition"]) for each in dependencies] == [
        (each, f"{each}.enabled") for each in COMPONENTS
    ]
    own = {"global", "dashboards"}
    schema = json.loads((UMBRELLA / "values.schema.json").read_text())
    assert [name for name in schema["properties"] if name not in own] == COMPONENTS
    for file in ("values.yaml", "values-ha.yaml"):
        assert [name for name in values_of(UMBRELLA / file) if name not in own] == COMPONENTS
    text = texts("booked")["booked/templates/NOTES.txt"]
    assert all(f"deployment/booked-{component}" in text for component in COMPONENTS)
