"""The git checkout that a flow's code is in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lume_services.results.origin import checkout


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    checkout.of.cache_clear()
    yield
    checkout.of.cache_clear()


def git(folder: Path, *arguments: str) -> str:
    author = ("-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *author, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def module(tmp_path: Path) -> Path:
    file = tmp_path / "flows.py"
    file.write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("ignored/\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return file


def test_a_clean_checkout(module: Path) -> None:
    (module.parent / "untracked.txt").touch()
    found = checkout.of(str(module))
    assert found == checkout.Checkout(git(module.parent, "rev-parse", "HEAD"), dirty=False)


def test_a_changed_file_makes_it_dirty(module: Path) -> None:
    (module.parent / ".gitignore").write_text("other/\n")
    found = checkout.of(str(module))
    assert found
    assert found.dirty is True


def test_a_module_that_is_not_added_yet_makes_it_dirty(module: Path) -> None:
    new = module.with_name("new.py")
    new.touch()
    found = checkout.of(str(new))
    assert found == checkout.Checkout(git(module.parent, "rev-parse", "HEAD"), dirty=True)


def test_an_ignored_module_is_in_no_checkout(module: Path) -> None:
    installed = module.parent / "ignored" / "lib.py"
    installed.parent.mkdir()
    installed.touch()
    assert checkout.of(str(installed)) is None


def test_no_checkout(tmp_path: Path) -> None:
    assert checkout.of(str(tmp_path / "flows.py")) is None
    assert checkout.of("<stdin>") is None


def test_a_checkout_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert checkout.of(str(tmp_path / "flows.py")) is None


def test_git_is_missing(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(module.parent))
    assert checkout.of(str(module)) is None


def test_a_slow_git_is_not_waited_for(module: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = module.parent / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:/usr/bin:/bin")
    monkeypatch.setattr(checkout, "_SECONDS", 0.2)
    assert checkout.of(str(module)) is None


def test_neither_hooks_nor_the_repository_s_watcher_run(module: Path) -> None:
    trap = module.parent / "ran"
    hook = module.parent / "watcher"
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    git(module.parent, "config", "core.fsmonitor", str(hook))
    assert checkout.of(str(module))
    assert not trap.exists()


def test_another_repository_in_the_environment_is_not_asked(
    module: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    git(elsewhere, "init", "-q")
    monkeypatch.setenv("GIT_DIR", str(elsewhere / ".git"))
    found = checkout.of(str(module))
    monkeypatch.delenv("GIT_DIR")
    assert found == checkout.Checkout(git(module.parent, "rev-parse", "HEAD"), dirty=False)
