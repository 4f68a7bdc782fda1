"""The dashboards are up to date, and Prometheus understands their queries. tools/system-tests/tests/metrics.rs checks on a
running system that the metrics exist."""

import json
import subprocess
import sys

import pytest
import yaml
from places import DEPLOY

GRAFANA = DEPLOY / "grafana"
FILES = sorted((GRAFANA / "dashboards").glob("*.json"))
VARIABLES = {"$__rate_interval": "5m", "$namespace": ".*", "$system": "booked"}


def panels(file):
    return [panel for panel in json.loads(file.read_text())["panels"] if panel["type"] != "row"]


def test_they_are_as_generated(monkeypatch):
    monkeypatch.syspath_prepend(str(GRAFANA))
    import generate

    written = generate.all_written()
    assert {file.name for file in FILES} == set(written)
    for file in FILES:
        assert file.read_text() == written[file.name], f"{file.name} is not up to date: run deploy/grafana/generate"
    sys.modules.pop("panels")


def test_prometheus_understands_every_query(tmp_path):
    queries = [query["expr"] for file in FILES for panel in panels(file) for query in panel["targets"]]
    assert len(queries) > 50
    rules = []
    for position, query in enumerate(queries):
        for name, value in VARIABLES.items():
            query = query.replace(name, value)
        assert "$" not in query
        rules.append({"record": f"query:{position}", "expr": query})
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_panels_are_described_and_do_not_overlap(file):
    dashboard = json.loads(file.read_text())
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    taken = set()
    for panel in panels(file):
        assert panel["title"] and panel["description"]
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


def test_every_dashboard_has_its_own_uid():
    uids = [json.loads(file.read_text())["uid"] for file in FILES]
    assert len(set(uids)) == len(FILES) == 6
