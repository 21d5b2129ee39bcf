"""The option ``lume-services --install-completion``."""

from __future__ import annotations

from typing import Literal

from cyclopts.completion.detect import ShellDetectionError

from lume_services.cli import console
from lume_services.errors import InputError


def install(*, shell: Literal["bash", "fish", "zsh"] | None = None) -> None:
    """Let the shell complete commands and options.

    Parameters
    ----------
    shell
        By default the one that is in use.
    """
    from lume_services.cli.main import app

    try:
        path = app.install_completion(shell=shell)
    except ShellDetectionError as error:
        raise InputError(f"{error} Give --shell bash, fish or zsh.") from error
    todo = "start a new shell"
    if path.name.startswith("_"):  # zsh's
        todo = f"end ~/.zshrc with `autoload -Uz compinit && compinit`, and {todo}"
    console.fields([("installed", str(path)), ("next", todo)])
