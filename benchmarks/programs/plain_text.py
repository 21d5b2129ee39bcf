"""The work of the three flows without an engine."""

from text_work import same_text, save_result, save_text

print(same_text(save_result(save_text("a", "b")), "a b"))
