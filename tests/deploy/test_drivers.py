"""What drivers say before an engine is started, how they read one, and what is left when a child ends."""

import json
import struct
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from aird.deploy import children, engines, memory
from aird.deploy.drivers.base import Spec
from aird.deploy.drivers.client import Sample
from aird.deploy.drivers.hf import LEAST_CACHE, HfRuntime
from aird.deploy.drivers.reading import normalised
from aird.deploy.drivers.vllm import VllmOptions, VllmRuntime
from aird.deploy.errors import RuntimeFailed
from aird.deploy.memory import GIB, Bytes
from tests.deploy.conftest import until

LLAMA_8B = {
    "hidden_size": 4096, "intermediate_size": 14336, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8,
}  # fmt: skip
PLAIN = {"r": 16, "lora_alpha": 32, "target_modules": ["q_proj"], "bias": "none", "init_lora_weights": True}


def vllm(tmp_path: Path, **options: object) -> VllmRuntime:
    made = VllmOptions(python=sys.executable, **options)  # type: ignore[arg-type]
    return VllmRuntime(tmp_path / "run", tmp_path / "logs", made)


def make_model(folder: Path, **config: object) -> Path:
    """A model's folder with one tensor of 1000 floats of 32 bits."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(LLAMA_8B | config))
    header = json.dumps({"w": {"dtype": "F32", "shape": [10, 100], "data_offsets": [0, 4000]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(4000))
    return folder


def test_a_plain_lora_is_taken_and_what_vllm_refuses_is_refused_with_the_fix(tmp_path: Path):
    driver = vllm(tmp_path, max_rank=32)
    assert not driver.check(PLAIN)
    assert not driver.check(
        PLAIN | {"use_rslora": True, "rank_pattern": {"q_proj": 32}, "alpha_pattern": {"q_proj": 4}}
    )
    refused: dict[str, dict[str, object]] = {
        "dora": {"use_dora": True}, "lora_bias": {"lora_bias": True}, "bias": {"bias": "all"},
        "modules_to_save": {"modules_to_save": ["lm_head"]}, "init": {"init_lora_weights": "pissa_niter_4"},
        "rank": {"rank_pattern": {"q_proj": 64}}, "alora": {"alora_invocation_tokens": [1]},
        "layer_replication": {"layer_replication": [[0, 1]]}, "qalora": {"use_qalora": True},
        "bdlora": {"use_bdlora": {"x": 1}},
    }  # fmt: skip
    for code, change in refused.items():
        [reason] = driver.check(PLAIN | change)
        assert reason.code == code
        assert reason.fix


def test_heads_of_a_size_that_the_cpu_build_cannot_compute_are_refused_there_alone(tmp_path: Path):
    driver = vllm(tmp_path)
    small = LLAMA_8B | {"num_attention_heads": 512}
    assert driver.check_base(small, "cpu")[0].code == "head_size"
    assert not driver.check_base(small, "h100")
    assert not driver.check_base(LLAMA_8B, "cpu")
    with pytest.raises(RuntimeFailed, match="heads have 8 values"):
        driver.start(Spec("sha256:x", make_model(tmp_path / "model", num_attention_heads=512)))


def test_an_engine_is_told_what_it_may_take_and_listens_on_a_socket_alone(tmp_path: Path):
    driver = vllm(tmp_path, max_rank=16, slots=3, registered=20, arguments=("--max-model-len", "512"))
    arguments = driver.arguments(Spec("sha256:x", tmp_path, chip="h100", chips=(2,)), ["--uds", "/run/x.sock"])
    pairs = dict(pairwise(arguments))
    told = {"--served-model-name": "sha256:x", "--max-cpu-loras": "20", "--max-lora-rank": "16", "--max-loras": "3"}
    assert told.items() <= pairs.items()
    assert pairs["--max-model-len"] == "512"
    assert "--host" not in arguments
    assert "--tensor-parallel-size" not in arguments
    env = driver.environment(Spec("sha256:x", tmp_path, chip="h100", chips=(2, 3)))
    assert env["CUDA_VISIBLE_DEVICES"] == "2,3"
    assert not [name for name in env if name.startswith("AIRD_")]


def test_an_engine_is_spread_over_as_many_chips_as_divide_its_heads_and_each_holds_its_part(tmp_path: Path):
    driver = vllm(tmp_path, tensor_parallel=4)
    spec = Spec("sha256:x", make_model(tmp_path / "model"), chip="h100", chips=(0, 1, 2, 3))
    assert dict(pairwise(driver.arguments(spec, [])))["--tensor-parallel-size"] == "4"
    assert "--tensor-parallel-size" not in driver.arguments(Spec("sha256:x", tmp_path), [])
    assert (driver.width("h100"), driver.width("cpu"), HfRuntime(tmp_path, tmp_path).width("h100")) == (4, 0, 1)
    assert not driver.check_base(LLAMA_8B, "h100")
    assert vllm(tmp_path, tensor_parallel=3).check_base(LLAMA_8B, "h100")[0].code == "tensor_parallel"
    assert not vllm(tmp_path, tensor_parallel=3).check_base(LLAMA_8B, "cpu")
    assert Bytes(weights=80, kv=16, lora=4, overhead=7).on_each(4) == 32


def test_our_own_worker_is_told_the_cache_that_was_counted_for_it(tmp_path: Path):
    driver = HfRuntime(tmp_path, tmp_path)
    for name, config, rows in (("short", {"max_position_embeddings": 512}, 8 * 512), ("long", {}, 8 * 4096)):
        spec = Spec("sha256:x", make_model(tmp_path / name, **config))
        kept = driver.estimate(spec).kv
        assert kept == rows * memory.kv_bytes_per_token(LLAMA_8B, element_bytes=4)
        command, _ = driver.listening(spec, "127.0.0.1", 1, tmp_path / "key")
        assert dict(pairwise(command))["--cache-mib"] == str(kept // 2**20)
    tiny = Spec("sha256:x", make_model(tmp_path / "tiny", max_position_embeddings=8, num_hidden_layers=1))
    assert driver.estimate(tiny).kv == LEAST_CACHE


def test_sums_of_memory_are_those_of_the_papers():
    assert memory.kv_bytes_per_token(LLAMA_8B, element_bytes=2) == 128 * 1024
    assert memory.lora_bytes(LLAMA_8B, rank=16, slots=1, element_bytes=2) == 80 * 2**20
    assert memory.lora_bytes(LLAMA_8B, rank=64, slots=4, element_bytes=2) == 4 * 320 * 2**20


def test_an_estimate_knows_the_weights_exactly(tmp_path: Path):
    folder = make_model(tmp_path / "model")
    spec = Spec("sha256:x", folder)
    assert HfRuntime(tmp_path, tmp_path).estimate(spec).weights == 4000
    expected = vllm(tmp_path, kv_bytes=GIB).estimate(spec)
    assert (expected.weights, expected.kv) == (2000, GIB)  # `auto` computes in 16 bits
    assert expected.as_dict()["total"] == expected.total


def test_what_does_not_fit_is_refused_in_numbers_and_what_was_learned_counts():
    assert not engines.refusal(Bytes(weights=2**20), "cpu")
    assert not engines.refusal(Bytes(weights=2**60), "h100")  # the chip's memory is admission's matter
    said = engines.refusal(Bytes(weights=2**50, kv=2**40), "cpu")
    assert "1049600.0 GiB (weights 1048576.0 GiB, KV cache 1024.0 GiB)" in said
    assert "left" in said
    assert engines.correction([(100, 150), (100, 160)]) == 1.0  # too few
    assert engines.correction([(100, 150), (100, 160), (200, 100)]) == 1.5
    assert "corrected" in engines.refusal(Bytes(weights=2**50), "cpu", 1.5)


def test_what_engines_count_has_one_set_of_names():
    def info(running: str, waiting: str, at: float) -> Sample:
        labels = {"max_lora": "2", "running_lora_adapters": running, "waiting_lora_adapters": waiting}
        return Sample("vllm:lora_requests_info", labels, at)

    found = normalised([
        Sample("vllm:num_requests_running", {}, 2.0), info("sha256:old", "", 1.0), info("sha256:a,sha256:b", "", 2.0),
        Sample("vllm:generation_tokens_total", {"engine": "0"}, 5.0),
        Sample("vllm:generation_tokens_total", {"engine": "1"}, 7.0),
    ])  # fmt: skip
    assert (found.running, found.generation_tokens) == (2.0, 12.0)
    assert found.units_running == {"sha256:a", "sha256:b"}


def start_child(tmp_path: Path, code: str) -> children.Child:
    command = [sys.executable, "-c", code]
    return children.Child(command, env=children.environment(1), log=tmp_path / "log", leash=True)


FAMILY = (
    "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
    " start_new_session=True); print('up', flush=True); time.sleep(60)"
)


def test_on_a_leash_nothing_is_left_of_a_child_that_starts_processes_of_its_own(tmp_path: Path):
    child = start_child(tmp_path, FAMILY)
    until(lambda: (tmp_path / "log").read_text() == "up\n", "it is up")
    family = children.descendants(child.pid)
    assert len(family) == 2
    assert children.memory_of(child.pid) > 2**20
    child.end()
    assert not [pid for pid in family if children.birth_of(pid)]


def test_a_leash_tells_how_the_command_ended_and_the_log_why(tmp_path: Path):
    child = start_child(tmp_path, "raise ValueError('no such model')")
    until(lambda: child.ended() is not None, "it ends")
    assert "exit code 1" in str(child.ended())
    assert "ValueError: no such model" in str(child.ended())
    child.end()


def test_a_leftover_is_ended_only_when_it_is_the_same_process(tmp_path: Path):
    child = start_child(tmp_path, FAMILY)
    until(lambda: (tmp_path / "log").read_text() == "up\n", "it is up")
    family = children.descendants(child.pid)
    assert not children.end_leftover(child.pid, "another:1")
    assert child.ended() is None
    assert children.end_leftover(child.pid, child.birth)
    until(lambda: child.ended() is not None, "it is gone")
    child.end()
    until(lambda: not [pid for pid in family if children.birth_of(pid)], "its children too")
