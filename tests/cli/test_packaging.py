"""The files around the package agree with it: metadata, container, continuous integration."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import moviemotion
from moviemotion.cli.commands import COMMANDS

PROJECT = Path(__file__).parents[2]
YAML_FILES = [
    *PROJECT.glob(".github/**/*.yml"),
    *(PROJECT / name for name in (".pre-commit-config.yaml", "CITATION.cff", "compose.yaml")),
]


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("path", YAML_FILES, ids=lambda path: path.name)
def test_yaml_files_parse(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text(encoding="utf-8")), dict)


def test_the_citation_names_the_version_and_license() -> None:
    citation = yaml.safe_load(read("CITATION.cff"))
    project = tomllib.loads(read("pyproject.toml"))["project"]
    assert citation["version"] == moviemotion.__version__
    assert citation["license"] == project["license"]
    assert citation["repository-code"] == project["urls"]["Homepage"]


def test_the_package_is_typed() -> None:
    assert (PROJECT / "moviemotion" / "py.typed").exists()


def test_the_container_copies_what_exists_and_starts_a_command() -> None:
    allowed = [line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")]
    assert allowed
    assert all((PROJECT / name).exists() for name in allowed)
    instructions = dict(re.findall(r"^(ENTRYPOINT|CMD) (\[.*\])$", read("Dockerfile"), re.MULTILINE))
    scripts = tomllib.loads(read("pyproject.toml"))["project"]["scripts"]
    assert set(yaml.safe_load(instructions["ENTRYPOINT"])) <= set(scripts)
    arguments = yaml.safe_load(instructions["CMD"])
    assert arguments[0] in [name for name, _, _ in COMMANDS]
    assert yaml.safe_load(read("compose.yaml"))["services"]["studio"]["command"] == arguments


def test_workflows_and_hooks_run_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    texts = [read(".github/workflows/ci.yml"), read(".ci/run"), read(".pre-commit-config.yaml")]
    used = set(re.findall(r"(?:run: |entry: |^)make ([a-z-]+)", "\n".join(texts), re.MULTILINE))
    assert {"lint", "test", "test-lowest", "dist"} <= used
    assert used <= targets
    assert "- run: .ci/run" in texts[0]


def test_every_target_of_the_makefile_is_explained() -> None:
    makefile = read("Makefile")
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    explained = set(re.findall(r"^#   make ([a-z-]+)", makefile, re.MULTILINE))
    assert set(phony[1].split()) - explained == {"clean"}
