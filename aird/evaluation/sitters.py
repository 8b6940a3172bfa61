"""Load what sits an exam: a model for transformers, or an edge export, which its own runtime answers for."""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from aird.evaluation.errors import EdgeRuntimeMissing
from aird.runtimes import hf
from aird.runtimes.edge import knows
from aird.runtimes.scoring import Sitter

if TYPE_CHECKING:
    from aird.runtimes.edge.llama import EdgeModel

EDGE = "aird.runtimes.edge.llama"


def load(folder: Path, *, threads: int) -> "hf.LoadedModel | EdgeModel":
    """The whole model in this folder. Raises ModelFolderUnusable, EdgeRuntimeMissing."""
    if not (folder / knows.FILE).is_file():
        return hf.load(folder, threads=threads)
    try:
        llama = import_module(EDGE)
    except ModuleNotFoundError as error:
        if error.name != "cyllama":
            raise
        raise EdgeRuntimeMissing(
            "An edge export is examined by llama.cpp, which is not installed beside this worker. Install it with "
            "`pip install 'aird[edge]'`, then try again."
        ) from None
    model: EdgeModel = llama.load(folder, threads=threads)
    return model


def told(model: Sitter) -> dict[str, str]:
    """For the record of a run: the runtime that answered, where it is not the house's own."""
    return {} if isinstance(model, hf.LoadedModel) else {"runtime": str(import_module(EDGE).version())}
