"""The charts as files: Helm's lint, YAML's lint, packages, versions."""

import subprocess
import sys

import helm_python as helm
import pytest
from charts import K8S, NEWEST, OLDEST, UMBRELLA, path_of, values_of, ways_to_set
from components import COMPONENTS

CHARTS = [*COMPONENTS, "booked"]


@pytest.mark.parametrize("kubernetes", [OLDEST, NEWEST])
@pytest.mark.parametrize(("name", "chart", "values"), ways_to_set())
def test_helm_lints_without_a_warning(name, chart, values, kubernetes):
    report = helm.lint(path_of(chart), values, strict=True, with_subcharts=False, kube_version=f"v{kubernetes}.0")
    # Severity 1 is a remark, for example that the chart has no icon.
    assert [each for each in report["messages"] if each["severity"] > 1] == []
    assert report["errors"] == []


def test_yaml_is_tidy():
    rules = "braces: {max-spaces-inside: 1}, comments: {min-spaces-from-content: 1}, document-start: disable"
    configuration = f"{{extends: default, rules: {{{rules}, line-length: {{max: 130}}}}}}"
    folders = [K8S / "charts", K8S / "library", K8S / "umbrella" / "booked"]
    files = [str(file) for folder in folders for file in folder.rglob("*.yaml") if "templates" not in file.parts]
    command = [sys.executable, "-m", "yamllint", "--strict", "-d", configuration, *files]
    linted = subprocess.run(command, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout


@pytest.mark.parametrize("chart", CHARTS)
def test_a_package_renders_what_the_folder_does(chart, tmp_path):
    package = helm.package(path_of(chart), destination=tmp_path)
    with helm.Chart.load(package) as packed, helm.Chart.load(path_of(chart)) as folder:
        assert packed.render({}, name="a") == folder.render({}, name="a")


def test_all_charts_have_one_version():
    files = [K8S / "library" / "booked-service", UMBRELLA, *(path_of(component) for component in COMPONENTS)]
    metadata = [values_of(folder / "Chart.yaml") for folder in files]
    pinned = {dependency["version"] for chart in metadata for dependency in chart.get("dependencies", [])}
    assert {chart["version"] for chart in metadata} | pinned == {metadata[0]["version"]}
    assert len({chart["appVersion"] for chart in metadata}) == 1
    assert {chart["kubeVersion"] for chart in metadata} == {f">={OLDEST}.0-0"}
