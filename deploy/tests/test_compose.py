"""deploy/compose is valid, gives no more rights than needed, and starts services in the right order."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from components import COMPONENTS, with_flag
from places import DEPLOY, REPOSITORY

COMPOSE = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
WITH_DATABASE = with_flag("database")


def secrets_of(name):
    return set(SERVICES[name].get("secrets", []))


def test_it_is_valid_by_the_schema_of_compose():
    schema = json.loads(Path(os.environ["COMPOSE_SCHEMA"]).read_text())
    jsonschema.Draft7Validator(schema).validate(COMPOSE)


def test_prepare_creates_the_secrets_that_it_names(tmp_path):
    for file in ["components", "components.sh", "compose/prepare"]:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        shutil.copy(DEPLOY / file, tmp_path / file)
    folder = tmp_path / "compose"
    for _ in range(2):  # the second run keeps the first one's
        made = subprocess.run(["bash", folder / "prepare"], capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        credential = (folder / "secrets" / "internal-credential").read_text()
    assert credential == (folder / "secrets" / "internal-credential").read_text()
    for secret in COMPOSE["secrets"].values():
        file = folder / secret["file"]
        assert file.read_text().strip(), file
    assert (folder / "secrets").stat().st_mode & 0o077 == 0
    for component in WITH_DATABASE:
        password = (folder / "secrets" / "roles" / component).read_text().strip()
        assert password in (folder / "secrets" / f"{component}-database").read_text()


def test_every_secret_is_used():
    assert set(COMPOSE["secrets"]) == set().union(*(secrets_of(name) for name in SERVICES))


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "postgres"])
def test_nothing_has_more_rights_than_it_needs(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_every_image_has_a_fixed_version():
    for service in SERVICES.values():
        assert re.search(r":(\d|v\d|\$\{BOOKED_VERSION:-\d+\.\d+\.\d+\}$)", service["image"]), service["image"]


def test_our_images_can_be_built_without_rust_on_the_machine():
    ours = {name: service for name, service in SERVICES.items() if "booked-" in service["image"]}
    migrations = [f"migrate-{component}" for component in WITH_DATABASE]
    assert set(ours) == {*COMPONENTS, *migrations, "admin"}
    for name, service in ours.items():
        build, component = service["build"], re.search(r"booked-([a-z]+):", service["image"])[1]
        context = (DEPLOY / "compose" / build["context"]).resolve()
        assert context == REPOSITORY, name
        assert (context / build["dockerfile"]).is_file(), name
        version = re.search(r":(\$\{.*)$", service["image"])[1]
        assert build["args"] == {"VERSION": version, "COMPONENT": component}, name
    assert all("build" not in service for name, service in SERVICES.items() if name not in ours)


def test_everything_that_the_build_compiles_is_copied_into_it():
    taken = {line[1:] for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    members = re.search(r"^members = (.*)$", (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)[1]
    folders = {member.removesuffix("/*") for member in json.loads(members)}
    assert folders | {"Cargo.toml", "Cargo.lock", "migrations"} <= taken
    assert all((REPOSITORY / each).exists() for each in taken)


@pytest.mark.parametrize("component", WITH_DATABASE)
def test_a_service_starts_after_its_migration_and_has_only_its_own_database(component):
    assert SERVICES[component]["depends_on"][f"migrate-{component}"] == {"condition": "service_completed_successfully"}
    migration = SERVICES[f"migrate-{component}"]
    assert migration["image"] == SERVICES[component]["image"]
    assert migration["command"] == ["migrate"]
    assert migration["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert secrets_of(component) == {"internal-credential", f"{component}-database"}
    assert secrets_of(f"migrate-{component}") == {f"{component}-database"}


def test_the_gateway_waits_for_all_and_is_the_only_one_that_clients_reach():
    assert SERVICES["gateway"]["depends_on"] == {
        component: {"condition": "service_healthy"} for component in WITH_DATABASE
    }
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published.pop("gateway") == ["${BOOKED_PORT:-8080}:8080"]
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    on_public = {name for name, service in SERVICES.items() if "public" in service["networks"]}
    assert on_public == {"gateway"}
    assert "data" not in SERVICES["gateway"]["networks"]


def test_only_ticketing_reaches_valkey():
    assert SERVICES["valkey"]["networks"] == ["holds"]
    assert {name for name, service in SERVICES.items() if "holds" in service["networks"]} == {"valkey", "ticketing"}
    assert all(network == {"internal": True} for network in (COMPOSE["networks"][name] for name in ("data", "holds")))


@pytest.mark.parametrize("component", COMPONENTS)
def test_a_component_that_is_stopped_has_time_to_drain(component):
    delay_s = int(SERVICES[component]["environment"]["DRAIN_DELAY_MS"]) / 1000
    assert delay_s >= 0.5
    # Requests and then detached work, up to DRAIN_TIMEOUT_MS each, 10 s by default; then telemetry is flushed.
    assert int(SERVICES[component]["stop_grace_period"].removesuffix("s")) >= delay_s + 2 * 10 + 5


def test_prometheus_scrapes_every_component_by_the_name_of_its_job():
    prometheus = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())
    jobs = {job["job_name"]: job["dns_sd_configs"][0] for job in prometheus["scrape_configs"]}
    assert {name: job["names"] for name, job in jobs.items()} == {
        f"booked-{component}": [component] for component in COMPONENTS
    }
    done = subprocess.run(
        ["promtool", "check", "config", DEPLOY / "prometheus" / "prometheus.yaml"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_all_mounted_files_exist():
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith(".") and not source.startswith("./secrets"):
                assert (DEPLOY / "compose" / source).exists(), source
