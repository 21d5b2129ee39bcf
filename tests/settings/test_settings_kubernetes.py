"""Options of the Kubernetes backend: what Kubernetes would refuse is refused before."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.utils import parse_quantity

from lume_services.errors import SettingsError
from lume_services.settings import LUMEServicesSettings
from lume_services.settings_kubernetes import KubernetesSettings
from lume_services.settings_quantity import amount


@pytest.mark.parametrize("text", ["512Mi", "1Gi", "1.5Gi", "1G", "1k", "1e9", "1E", "1E3", "100"])
def test_amounts_of_memory(text: str) -> None:
    assert KubernetesSettings(memory_limit=text).memory_limit == text


@pytest.mark.parametrize("text", ["500m", "2", "0.5", ".5", "1e1"])
def test_amounts_of_cpu(text: str) -> None:
    assert KubernetesSettings(cpu_limit=text).cpu_limit == text


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("1GB", "; write 1Gi or 1G$"),
        ("1 Gi", "; write 1Gi$"),
        ("1gib", "; write 1Gi$"),
        ("64kb", "; write 64Ki or 64k$"),
        ("400m", "; write 400Mi or 400M$"),
        ("100 bytes", "; write 100$"),
        ("-1Gi", "such as 512Mi or 1Gi$"),
        ("0", "such as 512Mi or 1Gi$"),
        ("much", "such as 512Mi or 1Gi$"),
        ("", "such as 512Mi or 1Gi$"),
        ("1e30", "such as 512Mi or 1Gi$"),
    ],
)
def test_memory_is_refused_with_the_right_spelling(text: str, instead: str) -> None:
    with pytest.raises(SettingsError, match=instead):
        LUMEServicesSettings(kubernetes={"memory_request": text})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("500 m", "; write 500m$"),
        ("2 cores", "; write 2$"),
        ("250mCPU", "; write 250m$"),
        ("1GB", "such as 500m or 2$"),
        ("50%", "such as 500m or 2$"),
        ("0.0001", "such as 500m or 2$"),
    ],
)
def test_cpu_is_refused_with_the_right_spelling(text: str, instead: str) -> None:
    with pytest.raises(SettingsError, match=instead):
        LUMEServicesSettings(kubernetes={"cpu_limit": text})  # type: ignore[arg-type]


@given(
    st.decimals(0, 10**6, places=3, allow_nan=False),
    st.sampled_from(["n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti"]),
)
def test_amounts_are_those_that_kubernetes_reads(number: Decimal, unit: str) -> None:
    assert amount(f"{number:f}{unit}") == parse_quantity(f"{number:f}{unit}")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"cpu_request": 2, "cpu_limit": "1500m"}, "cpu_request 2 is more than cpu_limit 1500m"),
        ({"memory_request": "1Gi", "memory_limit": "1G"}, "memory_request 1Gi is more than"),
        ({"namespace": "Lume"}, "'Lume': must be at most 63 of a-z, 0-9 and -"),
        ({"secret_name": "a/b"}, "'a/b': must be made of a-z, 0-9, - and ."),
        ({"ttl_seconds_after_finished": -1}, "kubernetes.ttl_seconds_after_finished is -1"),
        ({"start_timeout_seconds": 0}, "kubernetes.start_timeout_seconds is 0"),
        ({"image_pull_policy": "never"}, "'never': input should be 'Always', 'IfNotPresent'"),
        ({"tolerations": "key"}, "must be JSON where it is text"),
        ({"memory": "1Gi"}, "kubernetes.memory is not a setting. Did you mean kubernetes.memory_"),
        ({"job_template": {"spec": {}}, "job_template_path": "a"}, "give one of job_template and"),
    ],
)
def test_impossible_options_are_refused(given: dict[str, object], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        LUMEServicesSettings(kubernetes=given)  # type: ignore[arg-type]


def test_a_dictionary_a_file_and_variables_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "lume.toml"
    file.write_text(
        '[kubernetes]\ncpu_limit = 0.5\nnode_selector = {disk = "ssd"}\n'
        'tolerations = [{key = "beam", operator = "Exists"}]\n'
    )
    monkeypatch.chdir(tmp_path)
    from_file = LUMEServicesSettings().kubernetes
    file.unlink()
    monkeypatch.setenv("LUME_KUBERNETES__CPU_LIMIT", "0.5")
    monkeypatch.setenv("LUME_KUBERNETES__NODE_SELECTOR", '{"disk": "ssd"}')
    tolerations = '[{"key": "beam", "operator": "Exists"}]'
    monkeypatch.setenv("LUME_KUBERNETES__TOLERATIONS", tolerations)
    from_variables = LUMEServicesSettings().kubernetes
    assert from_file == from_variables
    assert from_file == KubernetesSettings(
        cpu_limit="0.5",
        node_selector={"disk": "ssd"},
        tolerations=({"key": "beam", "operator": "Exists"},),
    )
