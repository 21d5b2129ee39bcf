"""The published names are where they are published, and importing the package is cheap."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

import lume_services

PUBLISHED = {
    "lume_services": [
        "File",
        "Flow",
        "FlowOfFlows",
        "LUMEServicesSettings",
        "LumeServicesError",
        "Result",
        "Results",
        "SchedulingService",
        "configure",
        "local_engine",
    ],
    "lume_services.config": ["LUMEServicesSettings", "configure"],
    "lume_services.files": [
        "File",
        "FileResult",
        "HDF5File",
        "HDF5Result",
        "ImageFile",
        "TextFile",
        "TextResult",
        "YAMLFile",
    ],
    "lume_services.flows": ["Flow", "FlowOfFlows"],
    "lume_services.results": ["Result"],
    "lume_services.services.scheduling.service": ["SchedulingService"],
    "lume_services.services.scheduling.backends.local": ["LocalBackend", "LocalRunConfig"],
    "lume_services.services.scheduling.schema.flow_of_flows_schema": [],
    "lume_services.tasks": [
        "LoadDBResult",
        "LoadFile",
        "SaveDBResult",
        "SaveFile",
        "configure_lume_services",
        "get_file_result",
        "load_db_result",
        "load_file",
        "save_db_result",
        "save_file",
    ],
}

HEAVY = {"fastapi", "h5py", "httpx", "lume", "matplotlib", "numpy", "pandas", "PIL", "prefect"} | {
    "pydantic",
    "pydantic_settings",
    "rich",
    "ruamel",
    "scipy",
    "sqlalchemy",
    "starlette",
    "uvicorn",
}


def loaded_after(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert loaded_after("import lume_services") & HEAVY == set()


def test_importing_the_command_line_loads_no_engine() -> None:
    loaded = loaded_after("import lume_services.cli.main")
    assert loaded & {"h5py", "lume", "numpy", "pandas", "prefect", "sqlalchemy", "uvicorn"} == set()


def test_importing_the_file_types_loads_no_format_library() -> None:
    loaded = loaded_after("import lume_services.files")
    assert loaded & {"h5py", "lume", "pandas", "PIL", "prefect", "ruamel", "sqlalchemy"} == set()


@pytest.mark.parametrize("module", PUBLISHED)
def test_published_names_are_there(module: str) -> None:
    loaded = importlib.import_module(module)
    assert [name for name in PUBLISHED[module] if not hasattr(loaded, name)] == []


def test_public_names_are_listed() -> None:
    assert lume_services.__all__ == PUBLISHED["lume_services"]
    assert set(lume_services.__all__) <= set(dir(lume_services))


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'lume_services' has no attribute 'Flows'"):
        lume_services.Flows  # noqa: B018
