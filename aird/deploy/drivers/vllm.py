"""vLLM (https://docs.vllm.ai): a child on a Unix socket, or servers that others run.

What is said about it here was read in vLLM 0.32 and 0.33 and tried with the CPU build; on GPUs it is unverified.
- Unloading forgets the name while the weights stay in the engine's own cache, and running answers go on with them: the
  files stay on disk until nothing runs any more. A name and a path therefore belong to one digest for ever.
- Loading and every miss of the cache of adapters stalls all answers: `--max-cpu-loras` is chosen large, and an adapter
  says one token before it is routed to. Adapters need an engine with one API server; more engines are our replicas.
- Whoever reaches an engine can load adapters: it listens on a socket in a folder that only its owner can enter.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aird.deploy import memory
from aird.deploy.children import Child, choose_socket, environment
from aird.deploy.drivers.base import Caps, Instance, Metrics, Reason, Spec, Status
from aird.deploy.drivers.client import UNIX, EngineClient
from aird.deploy.drivers.hf import drain
from aird.deploy.drivers.reading import normalised
from aird.deploy.errors import RuntimeFailed
from aird.deploy.memory import Bytes
from aird.deploy.placement import CPU, RuntimeKind

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Values that --max-lora-rank takes."""
CPU_HEADS = (32, 64, 80, 96, 112, 128, 160, 192, 224, 256, 512)
"""Sizes of attention heads that the CPU build computes; with another its engine dies at the first question."""
PLAIN_INITS = frozenset({"true", "false", "gaussian", "eva", "orthogonal", "mica", "lora_ga"})
"""Ways to begin a LoRA that leave the base as it is."""
PROCESS_BYTES = 1300 * 2**20
"""Its processes without weights and cache (measured: 0.64 + 0.62 GB on the CPU)."""
CUT = "Export it as a plain LoRA, or merge it into its base and serve the whole model."
FEATURES = {
    "use_dora": ("dora", "It is a DoRA.", "Fold its magnitudes into a plain LoRA, or merge it into its base."),
    "lora_bias": ("lora_bias", "Its LoRA has biases.", CUT),
    "alora_invocation_tokens": ("alora", "It is an activated LoRA.", "Serve it with the runtime `hf`."),
    "layer_replication": ("layer_replication", "It repeats layers of its base.", "Merge it into its base."),
    "use_bdlora": ("bdlora", "It is a block-diagonal LoRA.", CUT),
    "use_qalora": ("qalora", "It is a QALoRA.", CUT),
}


@dataclass(frozen=True)
class VllmOptions:
    """How engines are started: which Python has vLLM, and what is kept for adapters and the KV cache."""

    python: str
    max_rank: int = 64
    slots: int = 4
    registered: int = 64
    kv_bytes: int = 2**30
    dtype: str = "auto"
    memory_part: float = 0.9
    tensor_parallel: int = 1
    arguments: tuple[str, ...] = ()


@dataclass
class VllmRuntime:
    """Starts engines with `options`, or uses those at `addresses`; `run` is for sockets, `logs` for logs."""

    run: Path
    logs: Path
    options: VllmOptions
    kind: RuntimeKind = RuntimeKind.VLLM
    warms: bool = False

    def caps(self, version: str, chip: str) -> Caps:
        """As vLLM's documents and sources say; tried by us on the CPU alone."""
        return Caps(
            RuntimeKind.VLLM, version, chip, max_rank=self.options.max_rank,
            refused=frozenset({*FEATURES, "modules_to_save", "bias"}), json_schema=True,
            tools=any(each.startswith("--tool-call-parser") for each in self.options.arguments),
            verified=chip == CPU,
        )  # fmt: skip

    def check(self, adapter: Mapping[str, Any]) -> Sequence[Reason]:
        """What vLLM's PEFTHelper refuses, before it is asked to load it."""
        found = [Reason(*reason) for key, reason in FEATURES.items() if adapter.get(key)]
        extra = [each for each in adapter.get("modules_to_save") or () if each not in ("classifier", "score")]
        if extra:
            found.append(Reason("modules_to_save", f"It brings whole modules: {', '.join(extra)}.", CUT))
        if str(adapter.get("bias") or "none").lower() != "none":
            found.append(Reason("bias", "It trains biases of its base.", "Merge it into its base."))
        init = str(adapter.get("init_lora_weights", True)).lower()
        if init not in PLAIN_INITS:
            message = f"It was begun as {init}, which changes the base's weights."
            found.append(Reason("init", message, "Convert it to a plain LoRA against the unchanged base."))
        ranks = [int(adapter.get("r") or 0), *(adapter.get("rank_pattern") or {}).values()]
        if max(ranks) > self.options.max_rank:
            message = f"Its rank is {max(ranks)}; engines take at most {self.options.max_rank}."
            found.append(Reason("rank", message, "Set AIRD_VLLM_MAX_RANK higher, or cut it to a lower rank."))
        return found

    def check_base(self, config: Mapping[str, Any], chip: str) -> Sequence[Reason]:
        """Why a whole model cannot be served on this chip."""
        heads, hidden = int(config.get("num_attention_heads") or 0), int(config.get("hidden_size") or 0)
        size = int(config.get("head_dim") or (hidden // heads if heads else 0))
        if chip == CPU and size and size not in CPU_HEADS:
            message = (
                f"Its attention heads have {size} values; vLLM on a CPU computes {', '.join(map(str, CPU_HEADS))}."
            )
            return [Reason("head_size", message, "Serve it with the runtime `hf`.")]
        if (width := self.width(chip)) and heads % width:
            message = f"Its {heads} attention heads cannot be spread over {width} chips."
            return [Reason("tensor_parallel", message, "Set AIRD_VLLM_TENSOR_PARALLEL to a divisor of them.")]
        return []

    def width(self, chip: str) -> int:
        """Tensor parallelism splits every layer over so many chips of one machine."""
        return 0 if chip == CPU else self.options.tensor_parallel

    def estimate(self, spec: Spec) -> Bytes:
        """Weights in the type they are computed in, the KV cache that is set, slots for adapters, and its processes.

        On a chip vLLM takes its part of the whole memory, whatever the sum is; see engines.py.
        """
        config, tensors = memory.read_config(spec.folder), memory.parameters(spec.folder)
        size = {"float32": 4, "auto": 2, "half": 2, "float16": 2, "bfloat16": 2}.get(self.options.dtype, 2)
        slots = self.options.slots + self.options.registered if spec.chip == CPU else self.options.slots
        lora = memory.lora_bytes(config, rank=self.options.max_rank, slots=slots, element_bytes=size) if config else 0
        weights = memory.weight_bytes(tensors, float_bytes=size)
        return Bytes(weights, kv=self.options.kv_bytes, lora=lora, overhead=PROCESS_BYTES)

    def listening(self, spec: Spec, host: str, port: int, key: Path) -> tuple[list[str], dict[str, str]]:
        """vLLM on TCP; its key stands below /v1 alone, so the network between has to be a private one."""
        env = self.environment(spec) | {"VLLM_API_KEY": key.read_text()}
        return self.arguments(spec, ["--host", host, "--port", str(port)]), env

    def start(self, spec: Spec) -> Instance:
        """A child on a leash: vLLM starts processes of its own. Raises RuntimeFailed."""
        if not Path(self.options.python).is_file():
            raise RuntimeFailed(
                "There is no vLLM here. Set AIRD_VLLM_PYTHON to the Python of an environment that has it, have a "
                "server in AIRD_VLLM_URLS serve the model under its digest, or choose the runtime `hf`."
            )
        refused = self.check_base(memory.read_config(spec.folder), spec.chip)
        if refused:
            raise RuntimeFailed(f"vLLM cannot serve this model. {refused[0]}")
        name = spec.base.removeprefix("sha256:")[:12]
        socket, own = choose_socket(self.run, f"v{name}")
        log = self.logs / f"vllm-{name}-{spec.number}.log"
        child = Child(
            self.arguments(spec, ["--uds", str(socket)]), env=self.environment(spec), log=log, socket=socket,
            folder=own, leash=True,
        )  # fmt: skip
        return Instance(spec, f"{UNIX}{socket}", EngineClient(f"{UNIX}{socket}"), child, log)

    def arguments(self, spec: Spec, listen: Sequence[str]) -> list[str]:
        """The command line of an engine."""
        options = self.options
        return [
            options.python, "-m", "vllm.entrypoints.openai.api_server", "--model", str(spec.folder),
            "--served-model-name", spec.base, *listen, "--enable-lora", "--max-loras", str(options.slots),
            "--max-cpu-loras", str(max(options.registered, options.slots)), "--max-lora-rank", str(options.max_rank),
            "--dtype", options.dtype, "--enable-prompt-tokens-details", "--disable-access-log-for-endpoints",
            "/health,/metrics,/v1/models",
            *(["--enforce-eager"] if spec.chip == CPU else self.on_chips()),
            *options.arguments,
        ]  # fmt: skip

    def on_chips(self) -> list[str]:
        """What an engine on chips is told besides."""
        wide = self.options.tensor_parallel
        spread = ["--tensor-parallel-size", str(wide)] if wide > 1 else []
        return ["--gpu-memory-utilization", str(self.options.memory_part), *spread]

    def environment(self, spec: Spec) -> dict[str, str]:
        """The environment of an engine."""
        chips = {"CUDA_VISIBLE_DEVICES": ",".join(map(str, spec.chips))} if spec.chips else {}
        gib = max(1, -(-self.options.kv_bytes // memory.GIB))
        return environment(
            spec.threads, VLLM_ALLOW_RUNTIME_LORA_UPDATING="1", VLLM_NO_USAGE_STATS="1", VLLM_HOST_IP="127.0.0.1",
            VLLM_CPU_KVCACHE_SPACE=str(gib), VLLM_CPU_OMP_THREADS_BIND="nobind", **chips,
        )  # fmt: skip

    def load(self, instance: Instance, unit: str, folder: Path) -> None:
        """Refused here with the fix rather than there with a stack trace."""
        from_vllm = {card["id"] for card in instance.client.models()}
        if unit not in from_vllm:
            reasons = self.check(memory.read_config(folder, "adapter_config.json"))
            if reasons:
                raise RuntimeFailed(f"vLLM cannot serve this adapter. {' '.join(map(str, reasons))}")
            instance.client.load(unit, folder)
        try:
            instance.client.say_one_token(unit)
        except RuntimeFailed:
            with suppress(RuntimeFailed):
                instance.client.unload(unit)
            raise

    def unload(self, instance: Instance, unit: str) -> bool:
        """It would drop the name at once, in the middle of answers: the caller looks at `busy` first."""
        return instance.client.unload(unit)

    def status(self, instance: Instance) -> Status:
        """/health knows a dead engine alone; what is loaded stands in /v1/models, what answers in /metrics."""
        health = instance.client.get("/health")
        if health.status_code >= 500:
            return Status("failed", "The engine inside vLLM is dead. Its log says why.")
        cards = instance.client.models()
        counted = self.metrics(instance)
        running = int(counted.running + counted.waiting)
        busy = counted.units_running if running else frozenset()
        version = str(instance.client.get("/version").json().get("version", ""))
        return Status("ready", "", frozenset(str(each["id"]) for each in cards), busy, running, version)

    def metrics(self, instance: Instance) -> Metrics:
        """Its own names."""
        return normalised(instance.client.samples())

    def stop(self, instance: Instance, drain_seconds: float) -> None:
        """A server that others run is left alone."""
        if instance.child is not None:
            drain(self, instance, drain_seconds)
            instance.child.end()
        elif instance.end is not None:
            drain(self, instance, drain_seconds)
            instance.end()
        instance.close()
