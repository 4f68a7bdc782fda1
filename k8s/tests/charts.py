"""The charts under test: rendered by Helm's own engine and parsed."""

import json
import os
from functools import cache
from pathlib import Path

import helm_python as helm
import yaml
from components import COMPONENTS, with_flag
from helm_python import _native

K8S = Path(__file__).resolve().parent.parent
REPOSITORY = K8S.parent
WITH_DATABASE = with_flag("database")
UMBRELLA = K8S / "umbrella" / "booked"
OLDEST, NEWEST = "1.30", "1.37"


def path_of(chart):
    return UMBRELLA if chart == "booked" else K8S / "charts" / chart


@cache
def loaded_once(chart):
    return helm.Chart.load(path_of(chart))


def values_of(path):
    return yaml.safe_load(path.read_text()) or {}


def ways_to_set():
    """Every values file that comes with a chart: (name of the case, chart, values), the defaults first."""
    ways = []
    for chart in [*COMPONENTS, "booked"]:
        ways.append((f"{chart}, defaults", chart, {}))
        folder = path_of(chart)
        for file in [folder / "values-ha.yaml", *sorted((folder / "ci").glob("*.yaml"))]:
            if file.exists():
                ways.append((f"{chart}, {file.name}", chart, values_of(file)))
    return ways


def texts(chart, values=None, release="booked", namespace="sale", kubernetes=NEWEST):
    """The rendered files, by name."""
    options = {"name": release, "namespace": namespace, "kube_version": f"v{kubernetes}.0"}
    # Rendering removes the components that are not enabled from the loaded chart, so the umbrella is loaded every time.
    loaded = helm.Chart.load(UMBRELLA) if chart == "booked" else loaded_once(chart)
    return json.loads(_native.call_string("helm_render", loaded._raw(), json.dumps(values or {}), json.dumps(options)))


def render(chart, values=None, **options):
    """All objects that the chart renders."""
    rendered = texts(chart, values, **options)
    files = [text for name, text in sorted(rendered.items()) if not name.endswith(".txt")]
    return [each for text in files for each in yaml.load_all(text, yaml.CSafeLoader) if each]


def notes(chart, values=None):
    return next(text for name, text in texts(chart, values).items() if name == f"{chart}/templates/NOTES.txt")


def refusal(chart, values):
    """The message with which the chart refuses the values."""
    try:
        texts(chart, values)
    except helm.HelmError as error:
        return str(error)
    raise AssertionError(f"{chart} accepts {values}")


def identity(each):
    return each["kind"], each["metadata"]["name"]


def find(objects, kind, name):
    """The object of this kind and name, or None."""
    return next((each for each in objects if identity(each) == (kind, name)), None)


def kinds(objects):
    return [each["kind"] for each in objects]


def deployment(component, values=None):
    return find(render(component, values), "Deployment", f"booked-{component}")


def server(component, values=None):
    """The container of the server."""
    return deployment(component, values)["spec"]["template"]["spec"]["containers"][0]


def environment(container):
    return {each["name"]: each.get("value") for each in container["env"]}


def pod_specs(objects):
    """(name, specification) of all pods that the objects create."""
    for each in objects:
        if each["kind"] == "Pod":
            yield each["metadata"]["name"], each["spec"]
        elif each["kind"] in ("Deployment", "Job"):
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def node_folder():
    """The folder of npm's packages, or None if they could not be installed."""
    folder = Path(os.environ["K8S_TESTS_NODE"])
    return folder if folder.is_dir() else None
