"""Three raylets with different chips on this machine; ends with its standard input.

Run as `python -m tests.jobs.ray_cluster PORT`. It prints the ids of the nodes as one JSON line when they are there;
a line `remove NAME` on its standard input takes that node away.
"""

import json
import sys

from ray.cluster_utils import Cluster

NODES = {"chip-a": {"chip-a": 2}, "chip-b": {"chip-b": 1}}


def main(port: int) -> None:
    """Until standard input ends; `ray stop` would end the clusters of others as well."""
    head = {
        "num_cpus": 2, "include_dashboard": True, "dashboard_host": "127.0.0.1", "dashboard_port": port,
        "include_log_monitor": False,
    }  # fmt: skip
    cluster = Cluster(initialize_head=True, head_node_args=head)
    nodes = {name: cluster.add_node(num_cpus=2, resources=chips) for name, chips in NODES.items()}
    ids = {"head": cluster.head_node.node_id} | {name: node.node_id for name, node in nodes.items()}
    print(json.dumps(ids), flush=True)
    for line in sys.stdin:
        cluster.remove_node(nodes.pop(line.split()[1]), allow_graceful=False)
        print("removed", flush=True)
    cluster.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]))
