"""The charts under test: rendered by Helm's own engine, read as objects."""

import json
import os
from functools import cache
from pathlib import Path

import helm_python as helm
import yaml
from helm_python import _native

K8S = Path(__file__).resolve().parent.parent
REPOSITORY = K8S.parent
PARTS = ["gateway", "user", "event", "ticketing", "analytics"]
WITH_DATABASE = ["user", "event", "ticketing", "analytics"]
UMBRELLA = K8S / "umbrella" / "booked"
OLDEST, NEWEST = "1.30", "1.37"


def path_of(part):
    return UMBRELLA if part == "booked" else K8S / "charts" / part


@cache
def loaded_once(part):
    return helm.Chart.load(path_of(part))


def values_of(path):
    return yaml.safe_load(path.read_text()) or {}


def ways_to_set():
    """Every file of values that comes with a chart: (its name, part, values), the empty one first."""
    ways = []
    for part in [*PARTS, "booked"]:
        ways.append((f"{part}, as it is", part, {}))
        folder = path_of(part)
        for file in [folder / "values-ha.yaml", *sorted((folder / "ci").glob("*.yaml"))]:
            if file.exists():
                ways.append((f"{part}, {file.name}", part, values_of(file)))
    return ways


def texts(part, values=None, release="booked", namespace="sale", kubernetes=NEWEST):
    """The rendered files by their names."""
    options = {"name": release, "namespace": namespace, "kube_version": f"v{kubernetes}.0"}
    # Rendering takes away for good the parts that are not enabled, so the umbrella is loaded anew each time.
    chart = helm.Chart.load(UMBRELLA) if part == "booked" else loaded_once(part)
    return json.loads(_native.call_string("helm_render", chart._raw(), json.dumps(values or {}), json.dumps(options)))


def render(part, values=None, **options):
    """All objects that the chart makes."""
    rendered = texts(part, values, **options)
    files = [text for name, text in sorted(rendered.items()) if not name.endswith(".txt")]
    return [each for text in files for each in yaml.load_all(text, yaml.CSafeLoader) if each]


def notes(part, values=None):
    return next(text for name, text in texts(part, values).items() if name == f"{part}/templates/NOTES.txt")


def refusal(part, values):
    """What the chart says to values that it refuses."""
    try:
        texts(part, values)
    except helm.HelmError as error:
        return str(error)
    raise AssertionError(f"{part} accepts {values}")


def identity(each):
    return each["kind"], each["metadata"]["name"]


def find(objects, kind, name):
    """The object of this kind and name; None where there is none."""
    return next((each for each in objects if identity(each) == (kind, name)), None)


def kinds(objects):
    return [each["kind"] for each in objects]


def deployment(part, values=None):
    return find(render(part, values), "Deployment", f"booked-{part}")


def server(part, values=None):
    """The container that serves."""
    return deployment(part, values)["spec"]["template"]["spec"]["containers"][0]


def environment(container):
    return {each["name"]: each.get("value") for each in container["env"]}


def pod_specs(objects):
    """(name, specification) of all pods that the objects make."""
    for each in objects:
        if each["kind"] == "Pod":
            yield each["metadata"]["name"], each["spec"]
        elif each["kind"] in ("Deployment", "Job"):
            yield each["metadata"]["name"], each["spec"]["template"]["spec"]


def node_folder():
    """Where npm's packages are; None where they could not be installed."""
    folder = Path(os.environ["K8S_TESTS_NODE"])
    return folder if folder.is_dir() else None
