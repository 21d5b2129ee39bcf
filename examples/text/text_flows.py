"""Three flows that pass a text on: as a file, as a database result, and into a comparison."""

from prefect import flow

from lume_services import Result
from lume_services.files import TextFile
from lume_services.tasks import LoadFile, SaveDBResult, SaveFile

save_text_file = SaveFile(name="save_text_file")
load_text_file = LoadFile(name="load_text_file")
save_db_result = SaveDBResult(name="save_db_result")


@flow
def flow1(text1: str, text2: str, filename: str = "text.txt") -> None:
    """Save two texts, one after the other, as a file."""
    save_text_file(text1 + text2, filename, "local", TextFile)


@flow
def flow2(file_rep: dict) -> None:
    """Read the file and save what it holds as a database result."""
    text = load_text_file(file_rep)
    save_db_result(Result(inputs={"file": file_rep}, outputs={"output1": text}))


@flow
def flow3(text1: str, text2: str) -> bool:
    """Compare the text from the database with a given one."""
    return text1 == text2
