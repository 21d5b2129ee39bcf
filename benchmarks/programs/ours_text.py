"""The text example by its file, on the local backend."""

from lume_services import FlowOfFlows

flows = FlowOfFlows.from_yaml("flow_of_flows.yaml")
given = {"flow1-text1": "a", "flow1-text2": "b", "flow3-text2": "a b"}
print(flows.run_and_return(given, "flow3"))
