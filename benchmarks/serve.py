"""Serving several adapters on one base: `python -m benchmarks.serve [--quick | --full] [--json]`.

Eight callers ask at the same time for greedy answers of a fixed length, on 1, 4 and 8 adapters and on the base alone:

- `aird`: our serving process over HTTP, streamed, the CPU seconds of its whole process;
- `aird engine`: the same engine called in this process, without HTTP;
- `naive`: transformers and PEFT, `set_adapter` for each request and `generate` with a batch of one, in this process and
  without HTTP;
- `transformers serve`: its server with continuous batching, over HTTP, streamed, on the base alone; it has no adapters.

Tokens per CPU second; one thread of arithmetic each. The answers of the first two are compared with the naive ones.
"""

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

CALLERS, RANK = 8, 16
HERE = Path(__file__).parents[1]
WORDS = "the account of travel and meals is paid when invoice hotel ticket arrives before month end please tell".split()


@dataclass(frozen=True)
class Size:
    """Of the model and of the questions."""

    hidden: int
    layers: int
    answer: int
    rounds: int
    adapters: tuple[int, ...] = (0, 1, 4, 8)
    """How many to ask; 0 is the base alone."""


QUICK, NORMAL = Size(128, 2, 16, 1, (0, 1, 8)), Size(256, 8, 64, 2)
FULL = Size(768, 12, 128, 4)


@dataclass(frozen=True)
class Request:
    """One question to one unit ("" is the base)."""

    unit: str
    text: str


@dataclass
class Result:
    """What answering took."""

    tokens: int
    cpu: float
    wall: float
    texts: list[str]

    @property
    def per_cpu_second(self) -> float:
        return self.tokens / self.cpu


def make_files(folder: Path, size: Size) -> None:
    """A random Llama whose answers never end by themselves, and its adapters."""
    import torch
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

    from aird.runtimes import adapters, loading
    from aird.training.recipes import tokenizer as tokenizers
    from aird.training.settings import TokenizerSettings

    base = folder / "base"
    base.mkdir()
    tokenizer = tokenizers.learn(TokenizerSettings(vocab_size=4096), [{"text": " ".join(WORDS)}], 2048)
    tokenizers.save(tokenizer, base)
    wide, inner = size.hidden, size.hidden * 8 // 3
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=4096,
        hidden_size=wide,
        intermediate_size=inner,
        num_hidden_layers=size.layers,
        num_attention_heads=wide // 32,
        num_key_value_heads=wide // 64,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        initializer_range=0.05,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    network = LlamaForCausalLM(config)
    network.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    with torch.no_grad():  # a logit of 0, below the largest of the others; and none for what the tokenizer lacks
        network.get_output_embeddings().weight[tokenizer.eos_token_id] = 0.0
        network.get_output_embeddings().weight[len(tokenizer) :] = 0.0
    loading.save_network(network, base)
    shapes = {
        "self_attn.q_proj": (wide, wide),
        "self_attn.k_proj": (wide // 2, wide),
        "self_attn.v_proj": (wide // 2, wide),
        "self_attn.o_proj": (wide, wide),
        "mlp.gate_proj": (inner, wide),
        "mlp.up_proj": (inner, wide),
        "mlp.down_proj": (wide, inner),
    }
    for seed in range(max(size.adapters)):
        random = torch.Generator().manual_seed(seed)
        factors = {
            f"model.layers.{layer}.{name}": adapters.Factors(
                torch.randn(RANK, into, generator=random) * 0.05, torch.randn(out, RANK, generator=random) * 0.05, 2.0
            )
            for layer in range(size.layers)
            for name, (out, into) in shapes.items()
        }
        adapters.write(folder / f"unit{seed}", factors, base_name="bench")


def requests(units: Sequence[str], rounds: int) -> list[list[Request]]:
    """What each caller asks, one after the other; about a hundred tokens each, and no two alike."""
    made = []
    for caller in range(CALLERS):
        said = [
            " ".join(WORDS[(caller * 7 + turn * 3 + i * (caller + 2)) % 16] for i in range(60))
            for turn in range(rounds)
        ]
        made.append([Request(units[caller % len(units)], each) for each in said])
    return made


def naive(folder: Path, asked: list[list[Request]], size: Size, units: Sequence[str]) -> Result:
    """`set_adapter`, `generate`, the next one."""
    import torch
    from peft import PeftModel

    from aird.runtimes import chat, loading

    torch.set_num_threads(1)
    tokenizer = loading.load_tokenizer(folder / "base")
    network: Any = loading.load_network(folder / "base", device=torch.device("cpu"))
    for unit in [each for each in units if each]:
        if isinstance(network, PeftModel):
            network.load_adapter(str(folder / unit), unit)
        else:
            network = PeftModel.from_pretrained(network, str(folder / unit), unit)

    def answer(request: Request) -> str:
        ids = torch.tensor([chat.prompt_ids(tokenizer, [{"role": "user", "content": request.text}])])
        if request.unit:
            network.set_adapter(request.unit)
        with torch.inference_mode():
            out = network.generate(
                input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=size.answer, do_sample=False
            )
        return str(tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True))

    answer(asked[0][0])
    began, cpu = time.perf_counter(), time.process_time()
    texts = [answer(each[turn]) for turn in range(size.rounds) for each in asked]
    return Result(len(texts) * size.answer, time.process_time() - cpu, time.perf_counter() - began, texts)


def engine(folder: Path, asked: list[list[Request]], size: Size, units: Sequence[str]) -> Result:
    """Our engine in this process, every caller's next question as soon as it has its answer."""
    from aird.runtimes import batching, hf
    from aird.runtimes.base import Sampling, Token

    made = batching.make(hf.load(folder / "base", threads=1))
    for unit in [each for each in units if each]:
        made.add_adapter(unit, folder / unit)
    texts: dict[tuple[int, int], str] = {}

    def all_of_them(rounds: int) -> None:
        going: dict[Any, tuple[int, int]] = {}
        turns = [0] * CALLERS
        while True:
            for caller in range(CALLERS):
                if turns[caller] < rounds and all(who != caller for _, who in going.values()):
                    request = asked[caller][turns[caller]]
                    prompt = made.encode(request.unit, [{"role": "user", "content": request.text}])
                    (row,) = made.rows(request.unit, prompt, Sampling(size.answer, 0.0), 1) or ()
                    going[row] = turns[caller], caller
                    texts[turns[caller], caller] = ""
                    turns[caller] += 1
            if not going:
                return
            rows = list(going)
            for row, token in zip(rows, made.step(rows), strict=True):
                if isinstance(token, Exception):
                    raise token
                if isinstance(token, Token):
                    texts[going[row]] += token.text
                    if token.finish_reason is not None:
                        del going[row]
                        made.leave(row)

    all_of_them(1)
    began, cpu = time.perf_counter(), time.process_time()
    all_of_them(size.rounds)
    spent = time.process_time() - cpu
    return Result(
        size.rounds * CALLERS * size.answer, spent, time.perf_counter() - began, [texts[k] for k in sorted(texts)]
    )


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used, with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def process(command: Sequence[object], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server with one thread of arithmetic, ended afterwards."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    with log.open("wb") as out:
        child = subprocess.Popen(
            [str(each) for each in command], stdin=subprocess.PIPE, stdout=out, stderr=out, env=env
        )
    try:
        yield child
    finally:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(10)
        child.kill()
        child.wait()


def wait_for(client: httpx.Client, path: str, child: subprocess.Popen[bytes], log: Path) -> None:
    """Until the path answers 200."""
    end = time.monotonic() + 180
    while time.monotonic() < end:
        with suppress(httpx.HTTPError):
            if client.get(path).status_code == 200:
                return
        if child.poll() is not None:
            raise RuntimeError(log.read_text(errors="replace")[-2000:])
        time.sleep(0.2)
    raise TimeoutError(path)


def over_http(
    address: dict[str, Any], model: Callable[[str], str], asked: list[list[Request]], size: Size
) -> tuple[list[str], float]:
    """Every caller in turn of its own answers; the texts by turn and caller, and seconds."""
    texts: dict[tuple[int, int], str] = {}

    async def caller(client: httpx.AsyncClient, number: int) -> None:
        for turn, request in enumerate(asked[number][: size.rounds]):
            body = {
                "model": model(request.unit),
                "messages": [{"role": "user", "content": request.text}],
                "max_tokens": size.answer,
                "temperature": 0,
                "stream": True,
            }
            said = ""
            async with client.stream("POST", "/v1/chat/completions", json=body) as response:
                response.raise_for_status()
                async for line in response.aiter_lines():
                    if line.startswith("data: {"):
                        for choice in json.loads(line[6:])["choices"]:
                            said += choice["delta"].get("content") or ""
            texts[turn, number] = said

    async def go() -> None:
        uds = address.get("uds")
        transport = httpx.AsyncHTTPTransport(uds=uds) if uds else None
        async with httpx.AsyncClient(base_url=address["url"], transport=transport, timeout=600) as client:
            await asyncio.gather(*(caller(client, number) for number in range(CALLERS)))

    began = time.perf_counter()
    asyncio.run(go())
    return [texts[key] for key in sorted(texts)], time.perf_counter() - began


def ours(folder: Path, asked: list[list[Request]], size: Size, units: Sequence[str]) -> Result:
    """Our serving process."""
    where, log = folder / "s", folder / "aird.log"
    command = [
        sys.executable,
        "-m",
        "aird.runtimes.server",
        "--base",
        folder / "base",
        "--name",
        "base",
        "--socket",
        where,
    ]
    with (
        process(command, log) as child,
        httpx.Client(transport=httpx.HTTPTransport(uds=str(where)), base_url="http://r", timeout=120) as client,
    ):
        wait_for(client, "/health", child, log)
        for unit in [each for each in units if each]:
            body = {"lora_name": unit, "lora_path": str(folder / unit)}
            client.post("/v1/load_lora_adapter", json=body).raise_for_status()
        return _measured(child, {"url": "http://r", "uds": str(where)}, lambda unit: unit or "base", asked, size)


def transformers_serve(folder: Path, asked: list[list[Request]], size: Size) -> Result:
    """The server of transformers, on the base."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    base, log = folder / "base", folder / "transformers.log"
    command = [
        Path(sys.executable).with_name("transformers"),
        "serve",
        base,
        "--continuous-batching",
        "--device",
        "cpu",
    ]
    flags = ["--dtype", "float32", "--host", "127.0.0.1", "--port", port, "--cb-num-blocks", 256]
    flags += ["--cb-block-size", 32]
    url = f"http://127.0.0.1:{port}"
    with process([*command, *flags], log) as child, httpx.Client(base_url=url, timeout=120) as client:
        wait_for(client, "/health", child, log)
        return _measured(child, {"url": url}, lambda _: str(base), asked, size)


def _measured(
    child: subprocess.Popen[bytes], address: dict[str, Any], model: Callable[[str], str], asked: Any, size: Size
) -> Result:
    over_http(address, model, [each[:1] for each in asked], size)
    before = cpu_of(child.pid)
    texts, wall = over_http(address, model, asked, size)
    return Result(size.rounds * CALLERS * size.answer, cpu_of(child.pid) - before, wall, texts)


def same(texts: list[str], others: list[str]) -> float:
    """The share of answers that are alike up to an unfinished character."""
    return sum(a.rstrip("\ufffd") == b.rstrip("\ufffd") for a, b in zip(texts, others, strict=True)) / len(texts)


def measure(size: Size, rival: bool) -> dict[str, Any]:
    """Everything, in one folder."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="aird-serve-") as name:
        folder = Path(name)
        make_files(folder, size)
        for count in size.adapters:
            units = [f"unit{i}" for i in range(count)] or [""]
            asked = requests(units, size.rounds)
            plain = naive(folder, asked, size, units)
            found = {"naive": plain}
            found["aird engine"] = engine(folder, asked, size, units)
            found["aird"] = ours(folder, asked, size, units)
            if count == 0 and rival:
                found["transformers serve"] = transformers_serve(folder, asked, size)
            for who, result in found.items():
                row = {"adapters": count, "who": who, "tokens_per_cpu_second": round(result.per_cpu_second, 1)}
                row["tokens_per_second"] = round(result.tokens / result.wall, 1)
                row["times_naive"] = round(result.per_cpu_second / plain.per_cpu_second, 2)
                rows.append(row | {"same_answers": round(same(result.texts, plain.texts), 3)})
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return {"size": vars(size) | {"callers": CALLERS, "rank": RANK}, "rows": rows}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tiny model, in a minute")
    parser.add_argument("--full", action="store_true", help="a larger model and longer answers")
    parser.add_argument("--adapters", type=int, nargs="+", help="how many adapters to ask, 0 for the base alone")
    parser.add_argument("--no-rival", action="store_true", help="leave transformers serve out")
    parser.add_argument("--json", action="store_true", help="everything as JSON")
    chosen = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    size = QUICK if chosen.quick else FULL if chosen.full else NORMAL
    if chosen.adapters:
        size = replace(size, adapters=tuple(chosen.adapters))
    found = measure(size, not chosen.no_rival)
    if chosen.json:
        return print(json.dumps(found, indent=2))
    print(f"{'adapters':>8}  {'':<20}{'tokens/CPU-s':>14}{'x naive':>9}{'same answers':>14}")
    for row in found["rows"]:
        print(
            f"{row['adapters'] or 'base':>8}  {row['who']:<20}{row['tokens_per_cpu_second']:>14}"
            f"{row['times_naive']:>9}{row['same_answers']:>14.0%}"
        )


if __name__ == "__main__":
    main()
