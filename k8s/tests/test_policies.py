"""The charts pass Checkov, which checks the benchmarks for Kubernetes."""

import json
import subprocess
import sys
from pathlib import Path

import yaml
from charts import render
from components import COMPONENTS

# Its findings with the default values, and why we accept them: (check, kind).
ACCEPTED = {
    # A CPU limit throttles a pod for the rest of every tenth of a second while its node is idle.
    ("CKV_K8S_11", "Deployment"),
    ("CKV_K8S_11", "Job"),
    ("CKV_K8S_11", "Pod"),
    # Tags are never moved; operators who do not rely on that set image.digest.
    ("CKV_K8S_15", "Deployment"),
    ("CKV_K8S_15", "Job"),
    ("CKV_K8S_15", "Pod"),
    ("CKV_K8S_43", "Deployment"),
    ("CKV_K8S_43", "Job"),
    ("CKV_K8S_43", "Pod"),
    # The pod of `helm test` sends one request and ends.
    ("CKV_K8S_8", "Pod"),
    ("CKV_K8S_9", "Pod"),
}
PINNED = {"CKV_K8S_15", "CKV_K8S_43"}


def findings(objects, folder):
    """The findings, as (namespace, check, kind)."""
    (folder / "objects.yaml").write_text(yaml.dump_all(objects))
    checkov = Path(sys.executable).parent / "checkov"
    command = [checkov, "--directory", folder, "--framework", "kubernetes", "--skip-download", "--output", "json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True).stdout)
    assert report["summary"]["passed"] > 1000
    assert report["summary"]["parsing_errors"] == 0
    for each in report["results"]["failed_checks"]:
        kind, namespace, _ = each["resource"].split(".", 2)
        yield namespace, each["check_id"], kind


def test_checkov_finds_only_what_is_accepted_and_less_if_images_are_pinned(tmp_path):
    pinned = {"image": {"digest": "sha256:" + "a" * 64, "pullPolicy": "Always"}}
    objects = render("booked") + render("booked", dict.fromkeys(COMPONENTS, pinned), namespace="pinned")
    found = set(findings(objects, tmp_path))
    assert {(check, kind) for namespace, check, kind in found if namespace == "sale"} == ACCEPTED
    assert {(check, kind) for namespace, check, kind in found if namespace == "pinned"} == {
        (check, kind) for check, kind in ACCEPTED if check not in PINNED
    }
