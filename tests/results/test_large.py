"""Large values: kept apart, each once, read when and as far as they are used."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lume_services import Result, config
from lume_services.errors import FileCorruptError, FileNotThereError, ResultsError
from lume_services.results.codec.large import LargeArray
from lume_services.results.finding.results import Results
from lume_services.services.results.db import Document
from lume_services.settings import LUMEServicesSettings

BEAM = np.random.default_rng(0).normal(size=(10_000, 6))


# A provenance could refer to values of its own.
ALONE: dict[str, Any] = {"project_name": "test", "provenance": None}


def save(flow_id: str = "run", **outputs: Any) -> dict[str, Any]:
    return Result(
        project_name="test", flow_id=flow_id, inputs={"k1": 1.2}, outputs=outputs
    ).insert()


def loaded(**outputs: Any) -> Any:
    """Return the only output as it comes back."""
    (value,) = Result.load(save(**outputs)).outputs.values()
    return value


def document(flow_id: str = "run") -> Document:
    return next(config.current().results_db.find({"flow_id": flow_id}))


def files() -> list[Path]:
    return sorted(config.current().values.folder.glob("??/*"))


def test_a_large_array_leaves_and_comes_back_lazily() -> None:
    beam = loaded(beam=BEAM)
    assert isinstance(beam, LargeArray)
    assert (beam.shape, beam.dtype, beam.ndim, beam.size, beam.nbytes, len(beam)) == (
        (10_000, 6),
        np.dtype("f8"),
        2,
        60_000,
        480_000,
        10_000,
    )
    np.testing.assert_array_equal(beam, BEAM)
    (file,) = files()
    assert document()["outputs"]["beam"] == {
        "@lume": "ndarray",
        "shape": [10_000, 6],
        "dtype": "<f8",
        "data": {"@lume": "stored", "sha256": beam.sha256, "size": file.stat().st_size},
    }
    assert document()["links"] == [f"value:{beam.sha256}"]
    assert file.name == f"{beam.sha256}.npy"
    assert file.stat().st_mode & 0o777 == 0o600
    assert config.current().values.folder.stat().st_mode & 0o777 == 0o700
    np.testing.assert_array_equal(np.load(file), BEAM)


def test_it_works_as_an_array_does() -> None:
    beam = loaded(beam=BEAM)
    np.testing.assert_array_equal(beam[::1000], BEAM[::1000])
    np.testing.assert_array_equal(beam[beam[:, 0] > 3], BEAM[BEAM[:, 0] > 3])
    assert beam[3, 2] == BEAM[3, 2]
    part = beam[:2]
    part[:] = 0
    np.testing.assert_array_equal(beam[:2], BEAM[:2])
    np.testing.assert_array_equal(2 * beam - beam, BEAM)
    np.testing.assert_array_equal(beam == BEAM, np.ones_like(BEAM, dtype=bool))
    np.testing.assert_array_equal(np.add.reduce(beam), BEAM.sum(0))
    np.testing.assert_array_equal(np.concatenate([beam, beam]), np.concatenate([BEAM, BEAM]))
    np.testing.assert_array_equal([row[0] for row in beam], BEAM[:, 0])
    assert np.mean(beam) == beam.mean() == BEAM.mean()
    assert np.asarray(beam, dtype="f4").dtype == np.float32
    assert np.asarray(beam).flags.writeable
    with pytest.raises(ValueError, match="is in a file, so an array of it is always a copy"):
        np.array(beam, copy=False)
    with pytest.raises(AttributeError, match="LargeArray has no attribute 'isoformat'"):
        beam.isoformat()
    with pytest.raises(TypeError, match="unhashable"):
        hash(beam)
    with pytest.raises(TypeError, match="does not support item assignment"):
        beam[0] = 1


def test_it_is_shown_without_being_read() -> None:
    result = Result.load(save(beam=BEAM))
    (file,) = files()
    file.unlink()
    beam = result.outputs["beam"]
    assert repr(beam) == f"LargeArray(shape=(10000, 6), dtype=float64, sha256={beam.sha256[:8]})"
    assert "LargeArray 10000 x 6 float64" in beam._repr_html_()
    assert "LargeArray 10000 x 6 float64" in result._repr_html_()


def test_it_goes_through_pickle_as_its_file() -> None:
    beam = loaded(beam=BEAM)
    sent = pickle.dumps(beam)
    assert len(sent) < 1000
    np.testing.assert_array_equal(pickle.loads(sent), BEAM)


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(BEAM),
        BEAM[::2, ::-1],
        np.arange(100_000, dtype=">u4"),
        np.array(["a" * 50, "é"] * 2000),
        np.arange(50_000).astype("M8[s]"),
        np.zeros(20_000, [("x", "f8"), ("n", "i4", (2,))]),
        np.where(BEAM > 0, np.nan, BEAM),
    ],
)
def test_arrays_of_all_kinds(array: np.ndarray[Any, Any]) -> None:
    back = loaded(array=array)
    assert isinstance(back, LargeArray)
    whole = np.asarray(back)
    assert whole.dtype == array.dtype.newbyteorder("<")
    assert whole.flags.f_contiguous == (array.ndim == 1 or array.flags.f_contiguous)
    np.testing.assert_array_equal(whole, array)
    np.testing.assert_array_equal(back[5:100:7], array[5:100:7])


def test_equal_arrays_are_kept_once() -> None:
    save("1", beam=BEAM)
    first = files()[0].stat()
    save("2", beam=BEAM.copy(), again=[np.asfortranarray(BEAM)])
    assert [path.stat().st_ino for path in files()] == [first.st_ino]
    assert document("1")["links"] == document("2")["links"]


def test_a_loaded_result_is_the_same_without_reading_it() -> None:
    rep = save(beam=BEAM)
    result = Result.load(rep)
    files()[0].unlink()
    assert result.unique_rep() == rep
    assert result == Result.load(rep)


def test_a_loaded_array_is_saved_again_by_its_file() -> None:
    beam = loaded(beam=BEAM)
    inode = files()[0].stat().st_ino
    rep = save("again", beam=beam, first=beam[:3])
    assert [path.stat().st_ino for path in files()] == [inode]
    np.testing.assert_array_equal(Result.load(rep).outputs["beam"], BEAM)


def test_a_loaded_array_is_copied_to_another_store(tmp_path: Path) -> None:
    beam = loaded(beam=BEAM)
    with config.use(LUMEServicesSettings(home=tmp_path / "other")):
        other = loaded(beam=beam)
        assert other.data.value.path != beam.data.value.path
        np.testing.assert_array_equal(other, BEAM)


@pytest.mark.parametrize("limit", ["1KiB", "64KiB", "2MiB"])
def test_hashes_do_not_depend_on_the_limit(limit: str, tmp_path: Path) -> None:
    outputs = {"beam": BEAM, "text": "x" * 5000, "list": list(range(5000)), "small": 1}
    rep = save(**outputs)
    other = LUMEServicesSettings(home=tmp_path / "other", results_db={"inline_limit": limit})
    with config.use(other):
        assert save(**outputs) == rep
        assert Result.load(rep).outputs["list"] == outputs["list"]
        assert Result.load(rep).unique_rep() == rep


LARGE_VALUES = {
    "text": "é" * 300_000,
    "bytes": bytes(range(256)) * 2000,
    "list": [n / 7 for n in range(50_000)],
    "tuple": tuple(n / 7 for n in range(20_000)),
    "texts": [f"name {n}" for n in range(40_000)],
    "dict": {f"key {n}": {"x": n} for n in range(10_000)},
    "nested": {"a": {"b": ["c" * 400_000, 1.5, {"@lume": "x" * 300_000}]}},
}


@pytest.mark.parametrize("name", LARGE_VALUES)
def test_whatever_is_large_leaves(name: str) -> None:
    value = LARGE_VALUES[name]
    back = loaded(value=value)
    assert back == value
    assert type(back) is type(value)
    assert len(json.dumps(document())) < 600_000
    stored = {path.stem for path in files()}
    assert {f"value:{sha256}" for sha256 in stored} == set(document()["links"])


def test_many_small_arrays_leave_together() -> None:
    arrays = {f"{n}": np.full(100, n) for n in range(1000)}
    np.testing.assert_equal(loaded(arrays=arrays), arrays)
    assert len(files()) == 1


def test_what_is_small_beside_it_can_be_searched() -> None:
    rep = save(scan={"size": 0.5, "beam": BEAM, "log": "x" * 500_000, "names": ["a"] * 100_000})
    found = Result.load_from_query({"outputs.scan.size": {"$lt": 1}})
    assert found.unique_rep() == rep
    assert len(files()) == 3


def test_tables_leave_by_columns() -> None:
    import pandas as pd

    table = pd.DataFrame(
        {
            "x": np.arange(40_000) / 3,
            "t": pd.date_range("2024", periods=40_000, freq="s", tz="UTC"),
            "n": pd.array([1, None] * 20_000, dtype="Int64"),
            "c": pd.Categorical(["a", "b"] * 20_000),
            "s": ["text"] * 40_000,
        },
        index=np.arange(40_000) * 2,
    )
    pd.testing.assert_frame_equal(loaded(table=table), table)
    assert len(json.dumps(document())) < 300_000
    pd.testing.assert_series_equal(
        Result.load(save("2", series=table["x"])).outputs["series"], table["x"]
    )


class Tracked(Result):
    beam: np.ndarray
    anything: Any = None


def test_fields_that_are_declared_as_arrays_get_arrays() -> None:
    rep = Tracked(**ALONE, flow_id="1", inputs={}, outputs={}, beam=BEAM, anything=BEAM).insert()
    result = Tracked.load(rep)
    assert type(result.beam) is np.ndarray
    assert type(result.anything) is LargeArray
    np.testing.assert_array_equal(result.beam, BEAM)


def test_a_missing_file_is_named_with_its_place() -> None:
    rep = save(scan=[{"beam": BEAM}])
    beam = Result.load(rep).outputs["scan"][0]["beam"]
    (file,) = files()
    file.unlink()
    message = (
        rf"outputs\.scan\[0\]\.beam of result {rep['unique_hash']} is kept in '{file}', "
        "and there is no such file: restore it from a backup"
    )
    for read in (np.asarray, lambda array: array[0], lambda array: array + 1):
        with pytest.raises(FileNotThereError, match=message):
            read(beam)


def test_a_damaged_file_is_named_with_its_place() -> None:
    rep = save(beam=BEAM)
    beam = Result.load(rep).outputs["beam"]
    (file,) = files()
    content = file.read_bytes()
    file.write_bytes(content[:-8] + bytes(8))
    message = f"outputs.beam of result {rep['unique_hash']} is kept in '{file}', which has the sha"
    with pytest.raises(FileCorruptError, match=message):
        np.asarray(beam)
    assert beam[0, 0] == BEAM[0, 0]
    file.write_bytes(content[:-1])
    with pytest.raises(FileCorruptError, match="which has 480127 bytes in place of 480128"):
        beam[0]


def test_a_missing_list_is_named_with_its_place() -> None:
    rep = save(scan={"names": [f"name {n}" for n in range(50_000)]})
    (file,) = files()
    file.unlink()
    with pytest.raises(FileNotThereError, match=r"outputs\.scan\.names of result"):
        Result.load(rep)


def test_saving_again_heals_a_damaged_file() -> None:
    rep = save(beam=BEAM)
    (file,) = files()
    file.write_bytes(bytes(file.stat().st_size))
    assert save(beam=BEAM) == rep
    np.testing.assert_array_equal(Result.load(rep).outputs["beam"], BEAM)


HOSTILE = {
    "path": {"sha256": "../../../etc/passwd"},
    "not hexadecimal": {"sha256": "X" * 64},
    "no text": {"sha256": 3},
    "other size": {"size": 10},
    "size of a text": {"size": "480128"},
    "missing": {"size": None},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_reference_is_refused(name: str) -> None:
    save(beam=BEAM)
    hostile = document()
    hostile["outputs"]["beam"]["data"].update(HOSTILE[name])
    config.current().results_db.delete({})
    config.current().results_db.insert(hostile)
    with pytest.raises(ResultsError, match=r"at outputs\.beam, the ndarray is malformed"):
        Result.load_from_query({})


def test_a_failed_insert_leaves_no_document_and_no_drafts(monkeypatch: pytest.MonkeyPatch) -> None:
    save("run", beam=BEAM)
    with pytest.raises(ResultsError, match="has saved another database result already"):
        save("run", beam=BEAM + 1)
    assert config.current().results_db.count({}) == 1
    assert list((config.current().values.folder / ".writing").iterdir()) == []


VERSION_1 = sorted((Path(__file__).parent / "documents").glob("version_1_*.json"))


@pytest.mark.parametrize("path", VERSION_1, ids=lambda path: path.stem)
def test_documents_of_version_1_load_and_compare(path: Path) -> None:
    old = json.loads(path.read_text(encoding="utf-8"))
    db = config.current().results_db
    db.insert(old)
    rep = {key: old[key] for key in ("result_type", "project_name", "unique_hash")}
    result = Result.load(rep)
    assert result.unique_rep() == rep
    assert result.insert() == rep
    assert db.count({}) == 1
    again = Result(flow_id=result.flow_id, inputs=result.inputs, outputs=result.outputs)
    assert result == again.model_copy(update={"project_name": "test"})
    assert hash(result) == hash(again.model_copy(update={"project_name": "test"}))


def test_a_document_of_version_1_has_its_values() -> None:
    db = config.current().results_db
    db.insert(json.loads(VERSION_1[0].read_text(encoding="utf-8")))
    result = Result.load_from_query({"flow_id": "version 1"})
    np.testing.assert_array_equal(result.inputs["mesh"], np.arange(6).reshape(2, 3))
    np.testing.assert_array_equal(result.outputs["sizes"], [0.5, np.nan, -np.inf])
    assert (result.outputs["raw"], result.outputs["table"]) == (b"\0\xff", {"t": (1, "x")})


small = st.none() | st.integers() | st.text(max_size=5)
values = st.recursive(
    small | st.text(min_size=600, max_size=700) | st.just(BEAM[:40]),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["a", "é.", "@lume"]), inner)
    ),
    max_leaves=20,
)


@settings(max_examples=25)
@given(values)
def test_any_value_comes_back(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    home = tmp_path_factory.mktemp("any")
    with config.use(LUMEServicesSettings(home=home, results_db={"inline_limit": "1KiB"})):
        np.testing.assert_equal(loaded(value=value), value)
        outputs = json.dumps(document()["outputs"], ensure_ascii=False, separators=(",", ":"))
        assert len(outputs.encode()) <= 1024


def test_tables_grids_and_files_hold_large_arrays(tmp_path: Path) -> None:
    from pyarrow import parquet

    for n in (1, 2):
        outputs = {"beam": BEAM * n, "x": np.arange(50_000) * n}
        Result(project_name="scan", flow_id=f"{n}", inputs={"n": n}, outputs=outputs).insert()
    found = Results("scan").find(columns="inputs.n,outputs")
    np.testing.assert_array_equal(found.to_dataframe()["outputs.beam"].iloc[1], BEAM * 2)
    grid = found.to_xarray(["inputs.n"])
    assert grid["x"].shape == (2, 50_000)
    np.testing.assert_array_equal(grid["beam"][1], BEAM * 2)
    found.export(tmp_path / "scan.parquet")
    table = parquet.read_table(tmp_path / "scan.parquet")
    np.testing.assert_array_equal(table["outputs.x"][1].as_py(), np.arange(50_000) * 2)
    np.testing.assert_array_equal(table["outputs.beam"][1].as_py(), BEAM * 2)
