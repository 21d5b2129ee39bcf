#!/bin/sh
# Run the example; further arguments go to `lume-services run`, for example
# -p generate_beam-energy_spread=0.01
set -e
cd "$(dirname "$0")"
exec lume-services run flow_of_flows.yaml "$@"
