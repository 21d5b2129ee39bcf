"""The command ``lume-services validate``."""

from __future__ import annotations

from pathlib import Path

from lume_services.cli import console
from lume_services.cli.target import import_from_here


def validate(file: Path, /) -> None:
    """Check a flow-of-flows file without running anything.

    Parameters
    ----------
    file
        A flow-of-flows FILE.yaml.
    """
    from lume_services.flows import FlowOfFlows

    import_from_here()
    flow_of_flows = FlowOfFlows.from_yaml(file)
    console.fields(
        [
            ("valid", str(file)),
            ("name", flow_of_flows.name),
            ("project", flow_of_flows.project_name),
        ]
    )
