"""Shell scripts, YAML files and Dockerfiles pass their linters."""

import subprocess
import sys
from pathlib import Path

from places import DEPLOY, REPOSITORY

TOOLS = Path(sys.executable).parent
YAML_RULES = (
    "{extends: default, rules: {braces: {max-spaces-inside: 1}, comments: {min-spaces-from-content: 1}, "
    "document-start: disable, truthy: disable, line-length: {max: 160}}}"
)


def is_of_project(file):
    return not {"charts", "secrets", "node_modules"} & set(file.parts)


def shell_scripts():
    folders = [REPOSITORY / "k8s" / "tests", REPOSITORY / "clients", REPOSITORY / "gateway" / "pages"]
    for folder in [REPOSITORY / ".ci", DEPLOY, *folders]:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and is_of_project(file) and file.suffix in ("", ".sh"):
                if file.suffix == ".sh" or file.read_bytes().startswith(b"#!/usr/bin/env bash"):
                    yield file


def check(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr


def test_shell_scripts():
    scripts = list(shell_scripts())
    assert len(scripts) > 6
    # 1091: sourced files are checked on their own. 2034, 2154: they share variables with the scripts that source them.
    check(TOOLS / "shellcheck", "--shell=bash", "--exclude=SC1091,SC2034,SC2154", *scripts)


def test_yaml():
    files = [file for file in sorted(DEPLOY.rglob("*.yaml")) if is_of_project(file)]
    assert len(files) > 10
    check(sys.executable, "-m", "yamllint", "--strict", "-d", YAML_RULES, *files)


def test_dockerfiles():
    for folder in [DEPLOY / "docker", DEPLOY / "offline" / "compose"]:
        check(TOOLS / "hadolint", "--failure-threshold", "info", folder / "Dockerfile")
