"""Flows whose code is in a folder or a git repository."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lume_services import config
from lume_services.errors import FlowFailedError, FlowNotFoundError, InputError, SchedulingError
from lume_services.flows import FlowOfFlows, Resumption
from lume_services.services.scheduling.backends.local import LocalBackend
from lume_services.services.scheduling.backends.process import ProcessBackend
from lume_services.services.scheduling.code.storage import FolderStorage, GitStorage
from lume_services.services.scheduling.service import SchedulingService
from servers.prefect import PrefectServer

FLOWS = """
from prefect import flow, task

from lume_services import Result
from lume_services.tasks import save_db_result

from factors import FACTOR


@task
def scaled(x: float) -> float:
    return FACTOR * x


@flow
def scale(x: float) -> float:
    return scaled(x)


@flow
def saving(x: float) -> None:
    save_db_result(Result(inputs={"x": x}, outputs={"y": FACTOR * x}))
"""


class Repository:
    """A git repository with flows in the folder ``lab``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"file://{folder}"
        (folder / "lab").mkdir(parents=True)
        self("init", "--quiet", "--initial-branch=main")
        (folder / "lab" / "flows.py").write_text(FLOWS)
        self.first = self.commit(factor=2)

    def __call__(self, *arguments: str) -> str:
        people = {
            f"GIT_{who}_{what}": "x@y"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        clean = {"GIT_CONFIG_GLOBAL": os.devnull, "PATH": os.environ["PATH"], **people}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env=clean,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, factor: float) -> str:
        (self.folder / "lab" / "factors.py").write_text(f"FACTOR = {factor}\n")
        self("add", ".")
        self("commit", "--quiet", "-m", f"Scale by {factor}")
        return self("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "repository")


@pytest.fixture(autouse=True)
def clean_imports(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in ("flows", "factors", "json_flows"):
        sys.modules.pop(name, None)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[SchedulingService]:
    service = SchedulingService(LocalBackend(tmp_path / "home"))
    yield service
    service.close()


@pytest.mark.parametrize("entrypoint", ["flows:scale", "flows.py:scale"])
def test_a_flow_of_a_repository_runs_at_the_commit_of_its_registration(
    service: SchedulingService, repository: Repository, entrypoint: str
) -> None:
    storage = GitStorage(repository.url, folder="lab")
    record = service.register_flow(entrypoint, "git", storage=storage)
    assert (record.version, record.package) == (repository.first, None)
    assert record.storage == GitStorage(repository.url, None, "lab", repository.first)
    assert record.entrypoint == entrypoint
    assert [task.name for task in record.tasks] == ["scaled"]
    assert service.record("scale", "git") == record
    second = repository.commit(factor=10)
    assert service.run_and_return(record, {"x": 3}) == 6
    record = service.register_flow(entrypoint, "git", storage=storage)
    assert record.version == second
    run_id = service.wait(service.run(record, {"x": 3})).id
    assert service.get_result(run_id) == 30
    run = service.run_info(run_id)
    assert (run.version, run.entrypoint) == (second, entrypoint)
    assert service.load_flow("scale", "git").name == "scale"


def test_branches_tags_and_commits_are_refs(repository: Repository, tmp_path: Path) -> None:
    repository("tag", "light")
    repository("tag", "-a", "v1", "-m", "the first")
    repository("branch", "lab/old")
    second = repository.commit(factor=3)
    found = {
        ref: GitStorage(repository.url, ref).resolved().commit
        for ref in ("light", "v1", "lab/old", "main", None, second)
    }
    old = dict.fromkeys(["light", "v1", "lab/old"], repository.first)
    assert found == {**old, "main": second, None: second, second: second}


def test_the_copy_of_a_commit_is_made_once(repository: Repository, tmp_path: Path) -> None:
    storage = GitStorage(repository.url, folder="lab").resolved()
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(storage.fetch, [tmp_path / "home"] * 8))
    (folder,) = folders
    assert sorted(path.name for path in folder.iterdir()) == ["factors.py", "flows.py"]
    assert not list(folder.parent.parent.glob("new-*"))
    assert repository.url not in (folder.parent / ".git" / "config").read_text()
    repository.folder.rename(tmp_path / "gone")
    assert storage.fetch(tmp_path / "home") == folder


def test_commits_of_a_server_that_gives_branches_only(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old protocol refuses commits that are not the last of a branch."""
    repository.commit(factor=3)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "protocol.version")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "0")
    storage = GitStorage(repository.url, repository.first, "lab").resolved()
    folder = storage.fetch(tmp_path / "home")
    assert (folder / "factors.py").read_text() == "FACTOR = 2\n"


def test_what_git_is_told_elsewhere_does_not_matter(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a hook of another repository."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert GitStorage(repository.url).resolved().fetch(tmp_path / "home").is_dir()


def test_a_result_knows_the_commit(repository: Repository) -> None:
    services = config.current()
    record = services.scheduling.register_flow(
        "flows:saving", "git", storage=GitStorage(repository.url, folder="lab")
    )
    services.scheduling.run_and_return(record, {"x": 1})
    (document,) = services.results_db.find({})
    assert (document["package"], document["version"]) == (None, repository.first)
    provenance = document["provenance"]
    assert (provenance["commit"], provenance["dirty"]) == (repository.first, False)


def test_faults_of_repositories(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    with pytest.raises(InputError, match=r"no branch or tag 'mian'; did you mean 'main'\?"):
        GitStorage(repository.url, "mian").resolved()
    with pytest.raises(InputError, match=r"has no branch or tag 'abc123'; there are: main\."):
        GitStorage(repository.url, "abc123").resolved()
    with pytest.raises(
        SchedulingError, match=r"ls-remote of the repository file:///no/such failed"
    ):
        GitStorage("file:///no/such").resolved()
    with pytest.raises(SchedulingError, match=f"has no commit {'0' * 40}, or not any more"):
        GitStorage(repository.url, "0" * 40).resolved().fetch(home)
    with pytest.raises(FlowNotFoundError, match=r"has no folder 'lob'; register the flow"):
        GitStorage(repository.url, folder="lob").resolved().fetch(home)
    assert not list((home / "code").glob("*/new-*"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SchedulingError, match="git is not installed on"):
        GitStorage(repository.url).resolved()


@pytest.mark.parametrize(
    "url",
    [
        "https://me:secret@git.lab.org/x.git",
        "https://secret@git.lab.org/x.git",
        "ssh://me:secret@git.lab.org/x.git",
    ],
)
def test_secrets_in_an_address_are_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"at git\.lab\.org has a user or password in") as error:
        GitStorage(url)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("storage", "message"),
    [
        ({"url": "--upload-pack=x"}, "is no address of a git repository"),
        ({"url": "x", "folder": "../x"}, r"'\.\./x' is no folder inside a git repository"),
        ({"url": "x", "folder": "/etc"}, "'/etc' is no folder inside a git repository"),
    ],
)
def test_what_is_no_repository_is_refused(storage: dict[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        GitStorage(**storage)


def test_an_address_cannot_run_a_command(tmp_path: Path) -> None:
    with pytest.raises(SchedulingError, match="transport 'ext' not allowed"):
        GitStorage(f"ext::touch {tmp_path}/ran").resolved()
    assert not (tmp_path / "ran").exists()


def test_a_link_out_of_the_repository_is_refused(repository: Repository, tmp_path: Path) -> None:
    (repository.folder / "out").symlink_to("/etc")
    repository.commit(factor=1)
    with pytest.raises(FlowNotFoundError, match="has no folder 'out'"):
        GitStorage(repository.url, folder="out").resolved().fetch(tmp_path / "home")


def test_a_flow_of_a_folder_is_as_it_is_now(
    service: SchedulingService, repository: Repository
) -> None:
    folder = repository.folder / "lab"
    record = service.register_flow("flows:scale", "folder", storage=FolderStorage(str(folder)))
    assert record.storage == FolderStorage(str(folder))
    assert record.version is None
    assert service.record("scale", "folder") == record
    assert service.run_and_return(record, {"x": 3}) == 6


def test_faults_of_entrypoints(local: SchedulingService, repository: Repository) -> None:
    def register(entrypoint: object) -> None:
        storage = FolderStorage(str(repository.folder / "lab"))
        local.register_flow(entrypoint, "folder", storage=storage)  # type: ignore[arg-type]

    with pytest.raises(FlowNotFoundError, match=r"no file '.*/none\.py'.* that of the folder /"):
        register("none.py:scale")
    with pytest.raises(FlowNotFoundError, match=r"has no attribute 'scael'; did you mean 'scale'"):
        register("flows:scael")
    with pytest.raises(FlowNotFoundError, match="importing 'none' failed with ModuleNotFoundErr"):
        register("none:scale")
    with pytest.raises(InputError, match=r"'\.\./x\.py:f' is no file in the folder"):
        register("../x.py:f")
    register("flows:scale")
    with pytest.raises(InputError, match=r"flow 'scale' is to be taken from the folder .* as text"):
        register(local.load_flow("scale", "folder"))
    assert [record.entrypoint for record in local.records()] == ["flows:scale"]


def test_a_module_of_the_same_name_is_refused(
    local: SchedulingService, repository: Repository, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "json_flows.py").write_text(
        FLOWS.replace("factors", "math").replace("FACTOR", "pi")
    )
    storage = FolderStorage(str(tmp_path / "other"))
    local.register_flow("json_flows:scale", "other", storage=storage)
    (repository.folder / "lab" / "json_flows.py").write_text(FLOWS)
    with pytest.raises(
        FlowNotFoundError, match=r"'json_flows' of the folder .* of that name, from"
    ):
        local.register_flow(
            "json_flows:scale", "lab", storage=FolderStorage(str(repository.folder / "lab"))
        )


def test_a_worker_tells_what_it_cannot_fetch(
    prefect_worker: PrefectServer, repository: Repository, tmp_path: Path
) -> None:
    """The client has a copy of the commit, but the repository is gone for the worker."""
    service = SchedulingService(ProcessBackend(prefect_worker.settings(tmp_path / "home")))
    record = service.register_flow(
        "flows:scale", "gone", storage=GitStorage(repository.url, folder="lab")
    )
    repository.folder.rename(tmp_path / "gone")
    with pytest.raises(FlowFailedError, match=r"SchedulingError: git fetch of the repository file"):
        service.run_and_return(record, {"x": 1})
    service.close()


def test_a_newer_commit_runs_again_when_a_run_is_resumed(repository: Repository) -> None:
    storage = GitStorage(repository.url, folder="lab")
    scheduling = config.current().scheduling
    scheduling.register_flow("flows.py:scale", "git", storage=storage)
    specification = {
        "name": "study",
        "project_name": "git",
        "composing_flows": [{"name": "scale", "project_name": "git"}],
    }
    run_id = FlowOfFlows.from_yaml(specification).run({"scale-x": 3})
    second = repository.commit(factor=10)
    scheduling.register_flow("flows.py:scale", "git", storage=storage)
    again = Resumption(run_id)
    (step,) = again.steps
    assert step.reason == f"version is {second} and was {repository.first}"
    assert scheduling.get_result(scheduling.get_result(again.run())["scale"]) == 30
