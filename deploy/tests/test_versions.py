"""Crates, clients, images, charts and the changelog have one version, and one command changes it."""

import re
import shutil
import subprocess
import sys

from places import DEPLOY, REPOSITORY

FILES = [
    "Cargo.toml",
    "Cargo.lock",
    "CHANGELOG.md",
    "clients/python/pyproject.toml",
    "clients/typescript/package-lock.json",
    "clients/typescript/package.json",
    "gateway/openapi.json",
    "deploy/compose/compose.yaml",
]
RELEASE = DEPLOY / "release"


def copied(folder):
    charts = [file.relative_to(REPOSITORY) for file in (REPOSITORY / "k8s").glob("*/*/Chart.yaml")]
    assert len(charts) == 7
    for file in [*FILES, *charts]:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / file, folder / file)
    return folder


def release(root, *arguments):
    command = [sys.executable, RELEASE, *arguments, "--root", root]
    return subprocess.run(command, capture_output=True, text=True)


def test_one_command_changes_all(tmp_path):
    root = copied(tmp_path)
    texts = {file: file.read_text() for file in root.rglob("*") if file.is_file()}
    version = re.search(r'version = "(.*)"', (root / "Cargo.toml").read_text())[1]
    done = release(root, "98.76.54", "--date", "2026-12-01")
    assert done.returncode == 0, done.stderr
    for file, before in texts.items():
        after = file.read_text()
        if file.name == "CHANGELOG.md":
            assert "## [Unreleased]\n\n## [98.76.54] - 2026-12-01\n" in after
        else:
            assert after.replace("98.76.54", version) == before
            assert after.count("98.76.54") >= 1
    gateway = root / "gateway"
    assert (gateway / "openapi-released.json").read_text() == (gateway / "openapi.json").read_text()
    for chart in root.glob("k8s/*/*/Chart.yaml"):
        lines = re.findall(r"^(?:appVersion|version): (.*)$", chart.read_text(), re.MULTILINE)
        assert set(lines) == {"98.76.54"} and len(lines) == 2, chart
    npm_lock = (root / "clients" / "typescript" / "package-lock.json").read_text()
    assert npm_lock.count('"version": "98.76.54"') == 2
    lock = (root / "Cargo.lock").read_text()
    assert set(re.findall(r'\nname = "booked(?:-\w+)*"\nversion = "(.*)"', lock)) == {"98.76.54"}


def test_different_versions_are_refused(tmp_path):
    root = copied(tmp_path)
    chart = root / "k8s" / "charts" / "event" / "Chart.yaml"
    chart.write_text(re.sub(r"\nappVersion: .*\n", "\nappVersion: 9.9.9\n", chart.read_text()))
    done = release(root, "98.76.54")
    assert done.returncode != 0 and "differ" in done.stderr


def test_a_version_never_decreases(tmp_path):
    done = release(copied(tmp_path), "0.0.1")
    assert done.returncode != 0 and "not above" in done.stderr


def test_the_changelog_has_the_version():
    changelog = (REPOSITORY / "CHANGELOG.md").read_text()
    version = re.search(r'version = "(.*)"', (REPOSITORY / "Cargo.toml").read_text())[1]
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE)
    # Before the first release, everything is unreleased.
    assert "## [Unreleased]" in changelog and (released[:1] == [version] or not released)
    assert not released or released == sorted(released, key=lambda each: tuple(map(int, each.split("."))), reverse=True)
