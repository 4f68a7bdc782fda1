"""What this repository has for every component in deploy/components, and for no other."""

import re
import subprocess

import yaml
from components import COMPONENTS, FLAGS, with_flag
from places import DEPLOY, REPOSITORY


def names(folder, pattern="*"):
    return {each.stem for each in folder.glob(pattern)}


def test_the_readers_in_bash_and_python_agree():
    def read(*arguments):
        command = 'source "$0"; components "$@"'
        done = subprocess.run(
            ["bash", "-c", command, DEPLOY / "components.sh", *arguments], capture_output=True, text=True
        )
        return done.stdout.split()

    assert read() == COMPONENTS
    for flag in set().union(*FLAGS.values()):
        assert read(flag) == with_flag(flag) != []
    assert read("unknown") == []


def test_each_is_a_crate():
    services = [name for name in COMPONENTS if name != "gateway"]
    assert names(REPOSITORY / "services") == set(services)
    for folder in ["gateway", *(f"services/{name}" for name in services)]:
        manifest = (REPOSITORY / folder / "Cargo.toml").read_text()
        assert re.search(r'^name = "(.*)"$', manifest, re.MULTILINE)[1] == f"booked-{folder.rpartition('/')[2]}"


def test_each_with_a_database_has_migrations():
    assert names(REPOSITORY / "migrations") == set(with_flag("database"))


def test_each_has_rules_and_a_dashboard():
    assert names(DEPLOY / "prometheus" / "rules", "*.yaml") == set(COMPONENTS)
    assert names(DEPLOY / "prometheus" / "tests", "*.yaml") == set(COMPONENTS)
    assert names(DEPLOY / "grafana" / "dashboards", "*.json") == {"sale", *COMPONENTS}


def test_prometheus_scrapes_each():
    prometheus = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text())
    assert [job["job_name"] for job in prometheus["scrape_configs"]] == [f"booked-{name}" for name in COMPONENTS]


def test_compose_runs_each_with_what_its_flags_say():
    compose = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    services = compose["services"]
    ours = [name for name, service in services.items() if "booked-" in service["image"]]
    assert [name for name in ours if name in FLAGS] == COMPONENTS
    has = {
        "public": lambda service: "public" in service["networks"],
        "database": lambda service: "DATABASE_URL_FILE" in service["environment"],
        "valkey": lambda service: "VALKEY_URL" in service["environment"],
        "signingKeys": lambda service: "SIGNING_KEYS_DIR" in service["environment"],
    }
    for flag, is_given in has.items():
        assert [name for name in COMPONENTS if is_given(services[name])] == with_flag(flag), flag
    roles = {name.removesuffix("-database") for name in compose["secrets"] if name.endswith("-database")}
    assert roles == set(with_flag("database"))
