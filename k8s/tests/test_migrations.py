"""The schema is migrated before the pods start, at the same time, or not by the chart."""

import pytest
from charts import WITH_DATABASE, find, kinds, render

HOOK = "helm.sh/hook"


def job(objects):
    [one] = [each for each in objects if each["kind"] == "Job"]
    return one


@pytest.mark.parametrize("component", WITH_DATABASE)
def test_a_hook_migrates_before_new_pods_start(component):
    migration = job(render(component))
    assert migration["metadata"]["annotations"][HOOK] == "pre-install,pre-upgrade"
    [container] = migration["spec"]["template"]["spec"]["containers"]
    assert container["args"] == ["migrate"]
    assert migration["spec"]["template"]["spec"]["restartPolicy"] == "Never"


@pytest.mark.parametrize("component", WITH_DATABASE)
def test_everything_that_the_hook_needs_is_created_before_it(component):
    objects = render(component)
    account = job(objects)["spec"]["template"]["spec"]["serviceAccountName"]
    for needed in (
        find(objects, "ServiceAccount", account),
        find(objects, "NetworkPolicy", f"booked-{component}-migrate"),
    ):
        annotations = needed["metadata"]["annotations"]
        assert annotations[HOOK] == "pre-install,pre-upgrade"
        assert int(annotations["helm.sh/hook-weight"]) < int(
            job(objects)["metadata"]["annotations"]["helm.sh/hook-weight"]
        )


def test_a_hook_leaves_nothing_behind_and_is_kept_if_it_fails():
    policies = {
        each["metadata"]["annotations"]["helm.sh/hook-delete-policy"]
        for each in render("event")
        if HOOK in each["metadata"].get("annotations", {})
    }
    assert policies == {"before-hook-creation,hook-succeeded"}


def test_a_job_is_no_hook_and_has_another_name_for_every_version():
    values = {"migrations": {"mode": "job"}}
    one, same = job(render("event", values)), job(render("event", {**values, "replicaCount": 3}))
    other = job(render("event", {**values, "image": {"tag": "9"}}))
    assert HOOK not in one["metadata"].get("annotations", {})
    assert one["metadata"]["name"] == same["metadata"]["name"] != other["metadata"]["name"]
    assert one["spec"]["ttlSecondsAfterFinished"] == 86400


def test_migrations_can_be_left_to_the_operator():
    objects = render("event", {"migrations": {"mode": "none"}})
    assert "Job" not in kinds(objects)
    assert not [each for each in objects if each["metadata"]["name"].endswith("-migrate")]


def test_the_gateway_has_nothing_to_migrate():
    for mode in ("hook", "job", "none"):
        assert "Job" not in kinds(render("gateway", {"migrations": {"mode": mode}}))


def test_the_pods_of_a_migration_are_never_sent_traffic():
    objects = render("event")
    migrating = job(objects)["spec"]["template"]["metadata"]["labels"]
    for each in objects:
        if each["kind"] == "Service":
            assert not each["spec"]["selector"].items() <= migrating.items()
