"""The settings of every recipe: what a request may ask for, with units and bounds. Free of any ML import."""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Steps = Annotated[int, Field(ge=1, le=1_000_000)]
BatchSize = Annotated[int, Field(ge=1, le=4096)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Length = Annotated[int, Field(ge=8, le=131_072)]
ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$", max_length=200)]


class Settings(BaseModel):
    """A frozen value; unknown names and numbers that are not finite are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class LoraSettings(Settings):
    """The shape of a low-rank adapter (https://arxiv.org/abs/2106.09685)."""

    r: int = Field(default=8, ge=1, le=1024, description="Rank.")
    alpha: float = Field(default=16, gt=0, le=65_536, description="Scaling numerator: the change is alpha/r * B @ A.")
    dropout: float = Field(default=0.0, ge=0, le=0.9, description="Share of inputs dropped while training.")
    target_modules: Literal["all-linear"] | Annotated[list[ModuleName], Field(min_length=1, max_length=1000)] = Field(
        default="all-linear",
        description="Modules to adapt, by (end of) name; all-linear leaves out the output head.",
    )
    use_rslora: bool = Field(default=False, description="Scale by alpha/sqrt(r) (https://arxiv.org/abs/2312.03732).")


class OptimiserSettings(Settings):
    """AdamW with warm-up and a learning-rate schedule; gradients are clipped by their norm."""

    steps: Steps = Field(default=200, description="Updates of the weights.")
    batch_size: BatchSize = Field(default=32, description="Items per update.")
    micro_batch: BatchSize | None = Field(
        default=None,
        description="Items on the chip at once; their gradients add up to the batch's. None for the whole batch.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="Of the arithmetic; auto is bfloat16 on an accelerator and float32 on a CPU."
    )
    gradient_checkpointing: bool = Field(
        default=False, description="Compute activations twice instead of keeping them: less memory, a third more work."
    )
    learning_rate: LearningRate = Field(default=1e-3, description="Peak learning rate.")
    warmup: Fraction = Field(default=0.05, description="Share of the steps over which the rate rises from 0.")
    schedule: Literal["cosine", "linear", "constant"] = Field(
        default="cosine", description="How the rate falls after the warm-up, down to 5 % of the peak."
    )
    weight_decay: float = Field(default=0.0, ge=0, le=1, description="Decoupled decay of the trained matrices.")
    max_grad_norm: float = Field(default=1.0, gt=0, le=1000, description="Gradients of a larger norm are scaled down.")
    seed: Seed = Field(default=0, description="Decides initial weights, order of items and dropout.")
    max_length: Length = Field(default=512, description="Longest item in tokens; longer ones are skipped and counted.")

    @model_validator(mode="after")
    def _micro_batches_fit(self) -> Self:
        if self.micro_batch is not None and self.micro_batch > self.batch_size:
            raise ValueError("micro_batch must not exceed batch_size")
        return self


FULL_RATE = 1e-4
LORA_RATE = 10 * FULL_RATE
"""A low-rank adapter wants about ten times the rate of full training (https://thinkingmachines.ai/blog/lora/)."""


class SftSettings(OptimiserSettings):
    """Supervised fine-tuning: learn the assistant's answers of chat items, or all of text items."""

    method: Literal["lora", "full"] = Field(default="lora", description="Train an adapter, or all weights.")
    lora: LoraSettings = Field(default=LoraSettings(), description="The adapter's shape (method lora).")
    learning_rate: LearningRate = Field(
        default=LORA_RATE, description=f"Peak learning rate; with method full {FULL_RATE} unless given."
    )
    packing: bool = Field(
        default=False,
        description="Lay several items into one row of max_length tokens; none sees another. batch_size counts rows.",
    )
    held_out: float = Field(
        default=0.0, ge=0, le=0.5, description="Share of the items that is not learnt but measured on, by content."
    )
    evaluate_every: Steps | None = Field(
        default=None, description="Updates between two measurements on the held-out items; None for a tenth of steps."
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Stop after so many measurements without a better one, and keep the best weights.",
    )
    processes: int = Field(
        default=1, ge=1, le=64, description="Processes that share each update, one per chip, of all machines together."
    )

    @model_validator(mode="before")
    @classmethod
    def _rate_fits_the_method(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("method") == "full" and "learning_rate" not in given:
            return {**given, "learning_rate": FULL_RATE}
        return given

    @model_validator(mode="after")
    def _patience_has_something_to_watch(self) -> Self:
        if self.patience is not None and not self.held_out:
            raise ValueError("patience needs held_out, the share of the items that it watches")
        return self


class ArchitectureSettings(Settings):
    """The shape of a Llama model made from scratch."""

    hidden_size: int = Field(default=128, ge=16, le=8192, description="Width of the residual stream.")
    layers: int = Field(default=3, ge=1, le=128)
    heads: int = Field(default=4, ge=1, le=128, description="Attention heads; must divide hidden_size.")
    kv_heads: int | None = Field(default=None, ge=1, le=128, description="Key/value heads; None for as many as heads.")
    intermediate_size: int | None = Field(default=None, ge=16, le=32_768, description="None for three times the width.")
    max_positions: Length = Field(default=256, description="Longest sequence in tokens, question and answer.")
    tie: bool = Field(default=True, description="Use the input embedding as the output head.")
    init_std: float = Field(default=0.02, gt=0, le=1, description="Spread of the random weights at the start.")
    dropout: float = Field(default=0.0, ge=0, le=0.5, description="Share of attention weights dropped in training.")

    @model_validator(mode="after")
    def _heads_divide(self) -> "ArchitectureSettings":
        if self.hidden_size % self.heads or self.hidden_size // self.heads % 2:
            raise ValueError("hidden_size must be an even multiple of heads")
        if self.heads % (self.kv_heads or self.heads):
            raise ValueError("heads must be a multiple of kv_heads")
        return self


class TokenizerSettings(Settings):
    """A byte-level BPE tokenizer, learnt from the items."""

    vocab_size: int = Field(default=2048, ge=300, le=262_144, description="Tokens wanted, the special ones included.")
    digit_pairs: bool = Field(default=False, description="Split numbers into pairs of digits before merging bytes.")
    sample: int = Field(default=50_000, ge=1, le=10_000_000, description="How many items to learn from.")


class InductionSettings(Settings):
    """A first stage on repeated random strings, which teaches a small model to copy before it sees any
    text."""

    steps: Steps = Field(default=200, description="Updates of the weights.")
    batch_size: BatchSize = Field(default=32, description="Strings per update.")
    learning_rate: LearningRate = Field(default=3e-3)
    pool: int = Field(default=332, ge=2, le=100_000, description="How many tokens the strings are drawn from.")
    pool_texts: list[str] = Field(default=[], max_length=100_000, description="Texts whose tokens are in the pool.")
    min_tokens: int = Field(default=3, ge=1, le=64, description="Shortest string.")
    max_tokens: int = Field(default=8, ge=1, le=64, description="Longest string.")
    repeats: int = Field(default=4, ge=2, le=16, description="Times each string stands; all but the first are learnt.")

    @model_validator(mode="after")
    def _lengths_are_ordered(self) -> "InductionSettings":
        if self.max_tokens < self.min_tokens:
            raise ValueError("max_tokens must not be less than min_tokens")
        return self


class PretrainSettings(OptimiserSettings):
    """A base model from scratch: tokenizer, optional induction stage, then text and chat items."""

    steps: Steps = Field(default=600, description="Updates of the weights after the induction stage.")
    learning_rate: LearningRate = Field(default=3e-3, description="Peak learning rate.")
    weight_decay: float = Field(default=0.01, ge=0, le=1, description="Decoupled decay of the matrices.")
    max_length: Length = Field(default=128, description="Longest item in tokens; longer texts are cut into pieces.")
    packing: bool = Field(
        default=False,
        description="Lay several items into one row of max_length tokens; none sees another. batch_size counts rows.",
    )
    architecture: ArchitectureSettings = Field(default=ArchitectureSettings())
    tokenizer: TokenizerSettings = Field(default=TokenizerSettings())
    induction: InductionSettings | None = Field(default=None)

    @model_validator(mode="after")
    def _items_fit(self) -> "PretrainSettings":
        if self.max_length > self.architecture.max_positions:
            raise ValueError("max_length must not exceed architecture.max_positions")
        return self
