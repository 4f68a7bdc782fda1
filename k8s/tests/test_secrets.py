"""Secrets exist already, are mounted as files only where they are needed, and are in no environment."""

import pytest
from charts import (
    K8S,
    WITH_DATABASE,
    environment,
    find,
    notes,
    pod_specs,
    render,
    server,
    values_of,
    ways_to_set,
)
from components import COMPONENTS

OF_ALL = {"booked-internal-credential"}
OF_EACH = {
    "gateway": set(),
    "user": {"booked-user-database", "booked-user-signing-keys"},
    "event": {"booked-event-database"},
    "ticketing": {"booked-ticketing-database", "booked-ticketing-valkey"},
    "analytics": {"booked-analytics-database"},
}


def mounted(spec):
    return {volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume}


def file_of(spec, variable):
    """(secret, key) behind the file that a variable names."""
    [container] = spec["containers"]
    folder, _, file = environment(container)[variable].rpartition("/")
    [name] = [
        mount["name"] for mount in container["volumeMounts"] if mount["mountPath"] == folder and mount["readOnly"]
    ]
    [volume] = [volume for volume in spec["volumes"] if volume["name"] == name]
    source = volume.get("secret") or volume["configMap"]
    [key] = [item["key"] for item in source["items"] if item["path"] == file]
    return source.get("secretName") or source["name"], key


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_has_its_own_secrets_and_no_others(component):
    spec = find(render(component), "Deployment", f"booked-{component}")["spec"]["template"]["spec"]
    assert mounted(spec) == OF_ALL | OF_EACH[component]


@pytest.mark.parametrize("component", WITH_DATABASE)
def test_a_migration_has_only_the_databases_secret(component):
    spec = find(render(component), "Job", f"booked-{component}-migrate")["spec"]["template"]["spec"]
    assert mounted(spec) == {f"booked-{component}-database"}


@pytest.mark.parametrize(("name", "chart", "values"), ways_to_set())
def test_no_secret_is_in_an_environment_or_created(name, chart, values):
    objects = render(chart, values)
    assert "Secret" not in {each["kind"] for each in objects}
    for pod, spec in pod_specs(objects):
        for container in spec["containers"]:
            assert "envFrom" not in container
            assert not [each for each in container["env"] if "secretKeyRef" in each.get("valueFrom", {})], pod
            assert not {"DATABASE_URL", "VALKEY_URL", "SMTP_URL", "INTERNAL_CREDENTIAL"} & environment(container).keys()
        assert all(volume["secret"]["defaultMode"] == 0o440 for volume in spec.get("volumes", []) if "secret" in volume)


def test_secrets_may_have_other_names_and_keys():
    values = values_of(K8S / "charts" / "user" / "ci" / "secrets-values.yaml")
    objects = render("user", values)
    serving = find(objects, "Deployment", "booked-user")["spec"]["template"]["spec"]
    assert file_of(serving, "INTERNAL_CREDENTIAL_FILE") == ("shared", "internal")
    assert file_of(serving, "DATABASE_URL_FILE") == ("accounts", "DATABASE_URL")
    assert "tokens" in mounted(serving)
    migrating = find(objects, "Job", "booked-user-migrate")["spec"]["template"]["spec"]
    assert file_of(migrating, "DATABASE_URL_FILE") == ("accounts-owner", "DATABASE_URL")
    assert "accounts-owner" not in mounted(serving)
    assert "Secret accounts-owner, key DATABASE_URL, for its migration only" in notes("user", values)
    for spec in (serving, migrating):
        assert {"name": "database-ca", "mountPath": "/etc/booked/database-ca", "readOnly": True} in spec["containers"][
            0
        ]["volumeMounts"]


def test_ticketing_finds_valkey_and_the_mail_server():
    values = values_of(K8S / "charts" / "ticketing" / "ci" / "keda-values.yaml")
    spec = find(render("ticketing", values), "Deployment", "booked-ticketing")["spec"]["template"]["spec"]
    assert file_of(spec, "VALKEY_URL_FILE") == ("booked-ticketing-valkey", "url")
    assert file_of(spec, "VALKEY_CA_FILE") == ("valkey-ca", "tls.crt")
    assert file_of(spec, "SMTP_URL_FILE") == ("smtp", "url")
    assert file_of(spec, "SMTP_CA_FILE") == ("mail-ca", "ca.crt")
    assert environment(spec["containers"][0])["SMTP_FROM"] == "Tickets <tickets@example.com>"


def test_all_signing_keys_are_mounted_as_a_set():
    spec = find(render("user"), "Deployment", "booked-user")["spec"]["template"]["spec"]
    assert environment(server("user"))["SIGNING_KEYS_DIR"] == "/etc/booked/signing-keys"
    [volume] = [volume for volume in spec["volumes"] if volume["name"] == "signing-keys"]
    assert "items" not in volume["secret"]
    # A subPath mount is never updated, so a rotated key would never be seen.
    assert not [mount for mount in spec["containers"][0]["volumeMounts"] if "subPath" in mount]
