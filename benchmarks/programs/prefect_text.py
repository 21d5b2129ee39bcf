"""The very same three flows as subflows, on the server that Prefect starts by itself."""

import sys
from pathlib import Path

from prefect import flow

from lume_services import Result

sys.path.insert(0, str(Path.cwd()))
from flows import flow1, flow2, flow3


@flow
def parent(text1: str, text2: str, expected: str) -> bool:
    """Pass each flow's result on by hand."""
    file_rep = flow1(text1, text2)
    result_rep = flow2(file_rep)
    return flow3(Result.load(result_rep).outputs["output1"], expected)


if __name__ == "__main__":
    print(parent("a", "b", "a b"))
