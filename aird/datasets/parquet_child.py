"""Turn a Parquet file into JSON lines, in a process of its own: `python -m aird.datasets.parquet_child FILE OUT BYTES`.

A Parquet file is a program for a decoder: a few kilobytes can unpack to terabytes. So the decoder runs where memory,
time and output are limited, and whatever happens to it is a refusal for the one who sent the file. The last line of
the standard output is JSON: {"rows": n} or {"reason", "message"}.
"""

import json
import resource
import sys
from typing import Any

MEMORY = 3 * 2**30
SECONDS = 1800
BATCH = 128
MOST_COLUMNS = 200
MOST_ROWS = 5_000_000


class Refusal(Exception):
    """`reason` is a stable word."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def convert(source: str, out: str, most_bytes: int) -> int:
    """Write the rows; gives how many. Raises Refusal, MemoryError, pyarrow's errors."""
    import pyarrow as pa
    from pyarrow import parquet

    pa.set_memory_pool(pa.system_memory_pool())
    with parquet.ParquetFile(source) as file:
        names = file.schema_arrow.names
        if file.metadata.num_rows > MOST_ROWS:
            raise Refusal("too_many_items", f"it has {file.metadata.num_rows} rows; at most {MOST_ROWS} are taken.")
        if not names or len(names) > MOST_COLUMNS or len(set(names)) != len(names):
            raise Refusal("bad_header", f"it needs 1 to {MOST_COLUMNS} columns, each with a name of its own.")
        written = rows = 0
        with open(out, "xb") as target:
            for batch in file.iter_batches(batch_size=BATCH, use_threads=False):
                if batch.nbytes > most_bytes:
                    raise Refusal("too_large", f"{batch.num_rows} of its rows unpack to {batch.nbytes} bytes.")
                for row in batch.to_pylist():
                    line = json.dumps(_pruned(row), ensure_ascii=False, default=_text).encode() + b"\n"
                    written += len(line)
                    if written > most_bytes:
                        raise Refusal("too_large", f"it unpacks to more than {most_bytes} bytes.")
                    target.write(line)
                    rows += 1
    return rows


def _pruned(value: Any) -> Any:
    """Without the fields that are null: a column holds every field of every row."""
    if isinstance(value, dict):
        return {str(key): _pruned(each) for key, each in value.items() if each is not None}
    return [_pruned(each) for each in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    return f"<{len(value)} bytes>" if isinstance(value, bytes) else str(value)


def main(source: str, out: str, most_bytes: str) -> None:
    """Limit this process, convert, say how it went."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        found: dict[str, Any] = {"rows": convert(source, out, int(most_bytes))}
    except ImportError:
        found = {"reason": "not_installed", "message": "this server cannot read Parquet: install aird[data]."}
    except Refusal as error:
        found = {"reason": error.reason, "message": str(error)}
    except MemoryError:
        found = {"reason": "too_large", "message": f"reading it takes more than {MEMORY} bytes of memory."}
    except OSError as error:
        full = error.errno is not None and error.errno in (28, 122)
        reason = "disk_full" if full else "not_parquet"
        found = {"reason": reason, "message": f"it cannot be read as Parquet: {str(error)[:200]}"}
    except Exception as error:  # whatever the decoder says of a broken file
        found = {"reason": "not_parquet", "message": f"it cannot be read as Parquet: {str(error)[:200]}"}
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
