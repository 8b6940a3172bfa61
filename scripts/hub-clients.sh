#!/bin/sh
# One environment for each generation of Hub clients that tests/hub speaks with, below .hub-clients/ (or the folder
# given). An environment that is there already is left alone; it is complete when its `ready` file is there.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-$here/.hub-clients}
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

client 0.36.2 'huggingface_hub==0.36.2'
client 1.19.0 'huggingface_hub==1.19.0'
client 1.31.0 'huggingface_hub==1.31.0'
client 2.4.0 'huggingface_hub==2.4.0' hf_xet
