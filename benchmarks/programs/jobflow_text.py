"""The work of the three flows as jobs of jobflow, in this process."""

from jobflow import Flow, job, run_locally
from text_work import same_text, save_result, save_text

saved = job(save_text)("a", "b")
result = job(save_result)(saved.output)
compared = job(same_text)(result.output, "a b")
responses = run_locally(Flow([saved, result, compared]), log=False)
print(responses[compared.uuid][1].output)
