#!/bin/sh
# One environment for each stock client of the OpenAI API that tests/deploy/test_stock_clients.py speaks with, below
# .api-clients/ (or the folder given). An environment that is there already is left alone; it is complete when its
# `ready` file is there.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-$here/.api-clients}
python=${PYTHON:-python3}
[ -x "$here/.venv/bin/python" ] && python="$here/.venv/bin/python"

client() { # name, requirements...
    name=$1
    shift
    [ -e "$root/$name/ready" ] && return 0
    rm -rf "${root:?}/$name"
    "$python" -m venv "$root/$name"
    "$root/$name/bin/pip" install --quiet --disable-pip-version-check "$@"
    touch "$root/$name/ready"
}

node_client() { # name, packages...
    name=$1
    shift
    [ -e "$root/$name/ready" ] && return 0
    rm -rf "${root:?}/$name"
    mkdir -p "$root/$name"
    printf '{"private": true, "type": "module"}\n' >"$root/$name/package.json"
    (cd "$root/$name" && "$here/scripts/with-node" npm install --no-audit --no-fund --silent "$@")
    touch "$root/$name/ready"
}

client openai 'openai==3.54.0'
client langchain 'langchain-openai==1.7.3'
client llm 'llm==0.32.1'
node_client node 'openai@7.57.0'
