"""File results: saved files, to be read."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from lume_services.errors import FileCorruptError, InputError, PathNotAllowedError
from lume_services.files import (
    FileResult,
    HDF5File,
    HDF5Result,
    JSONFile,
    TextFile,
    TextResult,
    load_reference,
)


def test_a_text_result_reads_a_saved_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("beam")
    result = TextResult(filename="a.txt", filesystem_identifier="local")
    assert result.read() == "beam"
    assert result.filename == "a.txt"
    assert repr(result) == (
        "FileResult[TextSerializer](filename='a.txt', filesystem_identifier='local')"
    )
    assert load_reference(result.jsonable_dict()) == "beam"
    assert result.filename == str(tmp_path / "a.txt")


def test_a_result_refers_to_what_was_saved() -> None:
    file = HDF5File("a.h5", obj={"x": np.arange(3)})
    reference = file.write()
    for result in (HDF5Result.from_file(file), FileResult.from_reference(reference)):
        assert type(result) is HDF5Result
        assert result.jsonable_dict() == reference
        assert result.file == file
        assert result.file is not file
        assert result.read()["x"].tolist() == [0, 1, 2]
    assert HDF5Result.from_file(file) == FileResult.from_file(file)
    assert HDF5Result.from_file(file) != FileResult.from_file(JSONFile("a.h5"))
    assert HDF5Result.from_file(file) != file


def test_a_later_write_does_not_change_a_result() -> None:
    file = TextFile("a.txt", obj="one")
    file.write()
    result = TextResult.from_file(file)
    file.write("two")
    with pytest.raises(FileCorruptError, match="was damaged or overwritten after it was saved"):
        result.read()


def test_results_of_other_types_are_refused() -> None:
    reference = JSONFile("a.json").write([])
    with pytest.raises(
        InputError,
        match=r"^a TextFile is expected, not a JSONFile; use FileResult\.from_file, which takes",
    ):
        TextResult.from_reference(reference)
    assert FileResult.from_reference(reference).read() == []


def test_a_result_of_no_type() -> None:
    with pytest.raises(InputError, match=r"^FileResult does not know what its file holds; use a"):
        FileResult("a.txt")


def test_bad_names_are_refused_at_once() -> None:
    with pytest.raises(PathNotAllowedError, match="the filename is empty"):
        TextResult("")


def test_a_result_is_passed_to_another_process() -> None:
    result = TextResult.from_file(TextFile("a.txt", obj="a"))
    assert pickle.loads(pickle.dumps(result)) == result
    assert type(pickle.loads(pickle.dumps(result))) is TextResult
