"""Whatever is given, the outcome is settings or a SettingsError."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lume_services.errors import SettingsError
from lume_services.settings import LUMEServicesSettings, explain

VARIABLES = [
    "LUME_BACKEND",
    "LUME_HOME",
    "LUME_RESULTS_DB",
    "LUME_RESULTS_DB__URL",
    "LUME_RESULTS_DB__URL__",
    "LUME_MOUNTED_FILESYSTEM",
    "LUME_MOUNTED_FILESYSTEM__IDENTIFIER",
    "LUME_MOUNTED_FILESYSTEM__MOUNT_PATH",
    "LUME_MOUNTED_FILESYSTEM__MOUNT_ALIAS",
    "LUME_MOUNTED_FILESYSTEM__MOUNT_TYPE",
    "LUME_SCHEDULING__MAX_CONCURRENT_FLOWS",
    "LUME____",
]
texts = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"])
) | st.sampled_from(
    ["local", "/data", "/data/inner", "Directory", "sqlite:////r.sqlite", "3", "~/x", "{}"]
)
SECTIONS = ["backend", "home", "results_db", "mounted_filesystem", "scheduling", "nosuch"]
KEYS = ["url", "identifier", "mount_path", "mount_alias", "mount_type", "max_concurrent_flows"]
keys = st.sampled_from([*SECTIONS, *KEYS])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.just("\0"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=6,
)


def outcome(**keywords: object) -> None:
    try:
        settings = LUMEServicesSettings(**keywords)
    except SettingsError:
        return
    assert all(setting.source for setting in explain(settings))


@given(st.dictionaries(st.sampled_from(VARIABLES), texts))
def test_any_environment(variables: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        outcome()


@given(st.dictionaries(keys, values))
def test_any_keywords(keywords: dict[str, object]) -> None:
    outcome(**keywords)
