"""The work of the three flows as ops of Dagster, in this process."""

import logging

import text_work
from dagster import job, op

logging.disable(logging.INFO)


@op
def save_text() -> dict:
    """Save two texts as a file."""
    return text_work.save_text("a", "b")


@op
def save_result(file_rep: dict) -> int:
    """Save the file's text to the database."""
    return text_work.save_result(file_rep)


@op
def same_text(result: int) -> bool:
    """Compare it with an expected one."""
    return text_work.same_text(result, "a b")


@job
def text() -> None:
    """Run the three."""
    same_text(save_result(save_text()))


if __name__ == "__main__":
    print(text.execute_in_process().output_for_node("same_text"))
