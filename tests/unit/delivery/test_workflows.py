"""GitHub's workflows: no secrets, few rights, and no action that nobody has looked at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

WORKFLOWS = ("ci", "cd", "deploy")
# The commit that a tag names, as it was in a copy of the action's repository.
VERIFIED = {
    "actions/checkout": ("3d3c42e5aac5ba805825da76410c181273ba90b1", "v7.0.1"),
    "actions/setup-node": ("820762786026740c76f36085b0efc47a31fe5020", "v7.0.0"),
    "actions/setup-python": ("5fda3b95a4ea91299a34e894583c3862153e4b97", "v7.0.0"),
    "azure/functions-action": ("c5060b3b8bb1ebbcb531abd00c822ecbaa8ea656", "v1.5.7"),
    "azure/login": ("f5d393ae46f8fde4be8b75f32e3fc50e654ad0ca", "v3.0.1"),
}
READ, TOKEN = {"contents": "read"}, {"contents": "read", "id-token": "write"}
RIGHTS = {
    ("ci", "lint"): READ,
    ("ci", "test"): READ,
    ("ci", "audit"): READ,
    ("ci", "bicep"): READ,
    ("ci", "what-if"): TOKEN,
    ("cd", "checks"): TOKEN,
    ("cd", "dev"): TOKEN,
    ("cd", "prod"): TOKEN,
    ("deploy", "deploy"): TOKEN,
}

type Read = Callable[[str], dict[Any, Any]]


@pytest.fixture(scope="session")
def jobs(read_yaml: Read) -> dict[tuple[str, str], dict[str, Any]]:
    """All jobs, by workflow and name."""
    found = {name: read_yaml(f".github/workflows/{name}.yml")["jobs"] for name in WORKFLOWS}
    return {(name, job): body for name, all_jobs in found.items() for job, body in all_jobs.items()}


@pytest.fixture(scope="session")
def texts(root: Path) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in (root / ".github/workflows").iterdir()}


def steps(jobs: dict[tuple[str, str], dict[str, Any]]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    return ((where, step) for where, job in jobs.items() for step in job.get("steps", []))


def test_there_are_no_others(texts: dict[str, str]) -> None:
    assert sorted(texts) == sorted(WORKFLOWS)


def test_every_action_is_pinned_to_a_commit_that_was_verified(root: Path, texts: dict[str, str]) -> None:
    for text in texts.values():
        for used, comment in re.findall(r"uses: (\S+)(?: # (\S+))?$", text, re.MULTILINE):
            if used.startswith("./"):
                assert (root / used).is_file()
            else:
                action, _, commit = used.partition("@")
                assert (commit, comment) == VERIFIED[action]


def test_every_use_is_read_by_the_test_above(jobs: dict[tuple[str, str], Any], texts: dict[str, str]) -> None:
    used = [step["uses"] for _, step in steps(jobs) if "uses" in step] + [
        j["uses"] for j in jobs.values() if "uses" in j
    ]
    found = [use for text in texts.values() for use in re.findall(r"uses: (\S+)", text)]
    assert sorted(used) == sorted(found)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_is_allowed_that_a_job_does_not_ask_for(read_yaml: Read, name: str) -> None:
    assert read_yaml(f".github/workflows/{name}.yml")["permissions"] == {}


def test_a_job_has_just_the_rights_it_needs(jobs: dict[tuple[str, str], Any]) -> None:
    assert {where: job["permissions"] for where, job in jobs.items()} == RIGHTS


def test_a_token_of_azure_is_had_only_in_an_environment(jobs: dict[tuple[str, str], Any]) -> None:
    signed_in = {where for where, step in steps(jobs) if step.get("uses", "").startswith("azure/login@")}
    assert signed_in == {("ci", "what-if"), ("deploy", "deploy")}
    assert [where for where in signed_in if not jobs[where].get("environment")] == []


def test_there_are_no_stored_secrets(texts: dict[str, str]) -> None:
    told = {name: re.sub(r"(?m)(?:^|\s)#.*$", "", text) for name, text in texts.items()}
    assert [name for name, text in told.items() if re.search(r"\bsecrets\b|\bcreds\b", text)] == []


def test_sign_in_is_by_name_alone(jobs: dict[tuple[str, str], Any]) -> None:
    names = {"client-id": "AZURE_CLIENT_ID", "tenant-id": "AZURE_TENANT_ID", "subscription-id": "AZURE_SUBSCRIPTION_ID"}
    for _, step in steps(jobs):
        if step.get("uses", "").startswith("azure/login@"):
            assert step["with"] == {name: f"${{{{ vars.{variable} }}}}" for name, variable in names.items()}


def test_what_others_write_gets_into_no_script(jobs: dict[tuple[str, str], Any]) -> None:
    assert [step["run"] for _, step in steps(jobs) if "${{" in step.get("run", "")] == []


def test_checkouts_leave_no_token_behind(jobs: dict[tuple[str, str], Any]) -> None:
    checkouts = [step["with"] for _, step in steps(jobs) if step.get("uses", "").startswith("actions/checkout@")]
    assert checkouts
    assert {one["persist-credentials"] for one in checkouts} == {False}


def test_every_job_ends(jobs: dict[tuple[str, str], Any]) -> None:
    assert [where for where, job in jobs.items() if "uses" not in job and not 0 < job["timeout-minutes"] <= 60] == []


def test_pull_requests_deploy_nothing(read_yaml: Read) -> None:
    triggers = {
        name: set(read_yaml(f".github/workflows/{name}.yml")[True]) for name in WORKFLOWS
    }  # YAML 1.1: on is true
    assert triggers == {
        "ci": {"pull_request", "workflow_call", "schedule"},
        "cd": {"push", "workflow_dispatch"},
        "deploy": {"workflow_call"},
    }


def test_checks_come_first_and_prod_after_dev(jobs: dict[tuple[str, str], Any]) -> None:
    assert (jobs["cd", "dev"]["needs"], jobs["cd", "prod"]["needs"]) == ("checks", "dev")
    assert jobs["cd", "checks"]["uses"] == "./.github/workflows/ci.yml"


def test_one_environment_is_deployed_to_by_one_run_at_a_time(read_yaml: Read) -> None:
    concurrency = read_yaml(".github/workflows/deploy.yml")["concurrency"]
    assert concurrency == {"group": "deploy-${{ inputs.environment }}", "cancel-in-progress": False}


def test_a_deployment_goes_from_the_infrastructure_to_the_smoke_test(jobs: dict[tuple[str, str], Any]) -> None:
    done = [step.get("run", step.get("uses", "")) for step in jobs["deploy", "deploy"]["steps"]]
    landmarks = [
        "infra/main.bicep",
        "devstack pack",
        "azure/functions-action@",
        "infra/eventgrid.bicep",
        "devstack smoke",
    ]
    places = [next(index for index, text in enumerate(done) if landmark in text) for landmark in landmarks]
    assert places == sorted(places)


def test_the_package_is_built_by_azure(jobs: dict[tuple[str, str], Any]) -> None:
    (publish,) = (s for _, s in steps(jobs) if s.get("uses", "").startswith("azure/functions-action@"))
    assert publish["with"]["remote-build"] == "true"
    assert not {"publish-profile", "scm-do-build-during-deployment", "enable-oryx-build"} & set(publish["with"])


def test_the_document_tells_of_every_variable(root: Path, texts: dict[str, str]) -> None:
    document = (root / "docs/deploy.md").read_text(encoding="utf-8").split("## GitHub Actions")[1].split("\n## ")[0]
    used = {name for text in texts.values() for name in re.findall(r"\bvars\.(\w+)", text)}
    assert {name for name in used if f"`{name}`" not in document} == set()


def test_the_key_is_masked_before_it_is_used(jobs: dict[tuple[str, str], Any]) -> None:
    (smoke,) = (step["run"] for _, step in steps(jobs) if "devstack smoke" in step.get("run", ""))
    assert smoke.index("::add-mask::$FUNCTION_KEY") < smoke.index("export FUNCTION_KEY")
    assert "--key" not in smoke.replace("--key-", "")
