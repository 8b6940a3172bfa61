# %% [markdown]
# # The Python client in ten minutes
#
# A notebook as a script: Jupyter, VS Code and PyCharm open it as cells, and `python docs/tutorial.py` runs it.
# It talks to the server at `AIRD_URL` with `AIRD_TOKEN`, or to the one that `aird up` runs on this machine, and
# merges two adapters that it finds there, so it wants a base with two adapters: the sample organisation has them.

# %%
import tempfile
from pathlib import Path

from aird import Client
from aird.client import NotFound

client = Client()
print(f"{client.whoami().person.username} at {client.url}")

# %% [markdown]
# ## Look around
#
# Lists are read page by page as the loop goes on. A model, a version or a job as the last line of a cell is shown
# as a card.

# %%
for model in client.models.list():
    latest = model.latest
    print(model.name, "-", model.title, f"({latest.ref}, {latest.kind}, {latest.state})" if latest else "(empty)")

# %% [markdown]
# `get` takes a model's name, or a version's ref: a number or an alias behind an `@`. Every field is an attribute of
# its Python type, and the JSON of the API stays within reach: `version.created_at` and `version["created_at"]`.

# %%
adapters = [each for each in client.versions.list(kind="adapter") if each.state not in ("suspended", "retired")]
first = client.versions.get(adapters[0].ref)
second = next(client.versions.get(each.ref) for each in adapters[1:] if each.base == first.base)
print(first, "and", second, "stand on", first.base)
first

# %% [markdown]
# What is not there is an exception with a `code` that stays the same in every language; the tree of them is drawn in
# `aird.client.errors`.

# %%
try:
    client.models.get(f"{first.name}-that-is-not-there")
except NotFound as problem:
    print(problem.status, problem.code, "-", problem)

# %% [markdown]
# ## Fetch the files
#
# `pull` fetches several files at a time, compares each with its digest, and puts the folder there when all of it has
# arrived. Cut off and called again, it goes on where it was.

# %%
folder = first.pull(Path(tempfile.mkdtemp()) / "first", on_progress=lambda path, count: None)
print(sorted(each.name for each in folder.iterdir()))

# %% [markdown]
# ## Merge, wait, read the numbers
#
# A recipe is mergekit's, as text or as an object. The job belongs to the server: closing the notebook stops nothing.
# `watch` shows how far it is while it waits; `wait` only waits.

# %%
name = f"{first.name.partition('/')[0]}/tutorial"
recipe = {
    "merge_method": "linear",
    "models": [
        {"model": first.ref, "parameters": {"weight": 0.5}},
        {"model": second.ref, "parameters": {"weight": 0.5}},
    ],
}
print(client.merges.plan(recipe, model=name).statement)

# %%
job = client.merge(recipe, model=name)
job.wait(timeout=600)
print(job.state, job.metrics())

# %% [markdown]
# The child is a version like any other: it knows its parents, and they know it.

# %%
child = client.versions.get((job.result or {})["version"])
print(child.ref, "from", [parent.ref for parent in child.parents])
assert child.ref in {each.ref for each in first.affected().versions}

# %% [markdown]
# ## The same, async
#
# `AsyncClient` has the same methods, to be awaited, and `async for` over its lists.
#
# ```python
# async with AsyncClient() as client:
#     async for model in client.models.list(department="finance"):
#         print(model.name)
#     job = await client.merge(recipe, model="finance/tutorial")
#     await job.wait()
# ```

# %%
client.close()
