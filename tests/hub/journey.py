"""What somebody does with the Hub in a day, for the client in whose environment this script runs.

It imports nothing of aird. Arguments: the folder of models, a word for the names of its repositories, the tokens of
two colleagues, and whether large files have to go without Xet. Every step asserts; the last line printed is `done`.
"""

# ruff: noqa: PT017, PT018

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import huggingface_hub as hub
from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

MODELS, WORD, RUI, OMAR, XET = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5] == "xet"
BASE, ADAPTER, BIG = f"finance/{WORD}-base", f"finance/{WORD}-adapter", f"finance/{WORD}-big"
HOME = Path(os.environ["HF_HOME"])
api = HfApi()


def hf(*arguments):
    """The command line of this environment."""
    done = subprocess.run(
        [str(Path(sys.executable).with_name("hf")), *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return done.stdout + done.stderr


def refused(kind, work, *, says="", status=None):
    """The error that `work` raises."""
    try:
        work()
    except kind as error:
        assert says in str(error), str(error)
        assert status is None or error.response.status_code == status, error.response.status_code
        return error
    raise AssertionError(f"{kind} was not raised")


def same(folder, other, *, beside=()):
    """Every file of the model is in the downloaded folder, with its bytes."""
    for path in Path(folder).iterdir():
        if path.name not in beside:
            assert (Path(other) / path.name).read_bytes() == path.read_bytes(), path.name


def account():
    me = api.whoami()
    assert me["name"] == "sam" and {"finance", "support"} <= {org["name"] for org in me["orgs"]}, me
    assert "sam" in hf("auth", "whoami")
    stranger = HfApi(token="aird_user_wrong")
    refused(Exception, stranger.whoami, says="nvalid user token")


def repository():
    url = api.create_repo(BASE)
    assert url.repo_id == BASE, url
    assert api.create_repo(BASE, exist_ok=True).repo_id == BASE
    refused(HfHubHTTPError, lambda: api.create_repo(BASE), status=409)
    refused(RepositoryNotFoundError, lambda: api.model_info("finance/nothing"))
    refused(RepositoryNotFoundError, lambda: api.model_info("Finance/Nothing"))
    assert api.repo_exists(BASE) and not api.repo_exists("finance/nothing")
    assert api.list_repo_files(BASE) == []


def upload():
    done = api.upload_folder(repo_id=BASE, folder_path=MODELS / "base", commit_message="The base")
    info = api.model_info(BASE, files_metadata=True)
    assert info.sha == done.oid and len(info.sha) == 40, (info.sha, done.oid)
    sizes = {each.rfilename: each.size for each in info.siblings}
    for path in (MODELS / "base").iterdir():
        assert sizes[path.name] == path.stat().st_size, (path.name, sizes)
    weights = next(each for each in info.siblings if each.rfilename == "model.safetensors")
    assert len(weights.lfs["sha256"]) == 64 and weights.lfs["size"] == weights.size
    assert "text-generation" in info.tags and info.safetensors["total"] > 0 and info.config["model_type"] == "llama"
    again = api.upload_folder(repo_id=BASE, folder_path=MODELS / "base", commit_message="Again")
    assert again.oid == done.oid, "nothing changed, nothing was committed"
    page = b"---\nlicense: mit\nlanguage: [zh, en]\ntags: [invoices]\n---\n# Base\n"
    api.upload_file(repo_id=BASE, path_or_fileobj=page, path_in_repo="README.md")
    info = api.model_info(BASE)
    assert info.card_data.license == "mit" and {"license:mit", "zh", "invoices"} <= set(info.tags), info.tags
    bad = b"---\nlicense: [\n---\n"
    refused(ValueError, lambda: api.upload_file(repo_id=BASE, path_or_fileobj=bad, path_in_repo="README.md"))
    refused(
        HfHubHTTPError, lambda: api.upload_file(repo_id=BASE, path_or_fileobj=b"x", path_in_repo="run.py"), says="code"
    )


def files():
    tree = list(api.list_repo_tree(BASE, recursive=True, expand=True))
    names = {each.path for each in tree}
    assert {"config.json", "model.safetensors", "README.md"} <= names
    assert next(each for each in tree if each.path == "README.md").last_commit.title, tree
    found = api.get_paths_info(BASE, ["config.json", "nothing.json"])
    assert [each.path for each in found] == ["config.json"]
    assert api.file_exists(BASE, "config.json") and not api.file_exists(BASE, "nothing.json")
    refused(EntryNotFoundError, lambda: list(api.list_repo_tree(BASE, "additional_chat_templates")))
    refused(EntryNotFoundError, lambda: hub.hf_hub_download(BASE, "nothing.json"))
    refused(RevisionNotFoundError, lambda: hub.hf_hub_download(BASE, "config.json", revision="nothing"))


def download():
    folder = hub.snapshot_download(BASE)
    same(MODELS / "base", folder, beside=("README.md",))
    assert Path(folder).name == api.model_info(BASE).sha
    target = HOME / "by-hand"
    hf("download", BASE, "--local-dir", str(target))
    same(MODELS / "base", target, beside=("README.md",))
    path = Path(hub.hf_hub_download(BASE, "model.safetensors", revision="v1", cache_dir=HOME / "resumed"))
    whole, blob = path.read_bytes(), path.resolve()
    half = len(whole) // 2
    blob.unlink()
    path.unlink()
    # Older clients go on with the half that an earlier run left; it is marked, and the mark must still be there.
    blob.with_name(blob.name + ".incomplete").write_bytes(b"\0" * half)
    again = Path(hub.hf_hub_download(BASE, "model.safetensors", revision="v1", cache_dir=HOME / "resumed"))
    marked = b"\0" * half + whole[half:]
    assert again.read_bytes() in (whole, marked)
    # Newer ones go on within one run, when the connection breaks; this is what they then do.
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    with (HOME / "half").open("wb") as half_file:
        half_file.write(b"\0" * half)
        address = hub.hf_hub_url(BASE, "model.safetensors")
        http_get(address, half_file, resume_size=half, headers=build_hf_headers(), expected_size=len(whole))
    assert (HOME / "half").read_bytes() == marked
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    found = get_hf_file_metadata(hf_hub_url(BASE, "model.safetensors"))
    assert len(found.etag) == 64 and found.size == len(whole) and found.commit_hash == api.model_info(BASE).sha
    assert len(get_hf_file_metadata(hf_hub_url(BASE, "config.json")).etag) == 40


def adapter():
    folder = HOME / "adapter"
    folder.mkdir()
    for path in (MODELS / "one").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    refused(
        HfHubHTTPError, lambda: (api.create_repo(ADAPTER), api.upload_folder(repo_id=ADAPTER, folder_path=folder)),
        says="base", status=422,
    )  # fmt: skip
    (folder / "README.md").write_text(f"---\nbase_model: {BASE}\nlibrary_name: peft\n---\n# Adapter\n")
    hf("upload", ADAPTER, str(folder), ".", "--commit-message", "The adapter")
    info = api.model_info(ADAPTER)
    assert f"base_model:adapter:{BASE}" in info.tags and info.library_name == "peft", info.tags
    config = json.loads(Path(hub.hf_hub_download(ADAPTER, "adapter_config.json")).read_text())
    assert config["base_model_name_or_path"].startswith(BASE) and config["revision"].startswith("v"), config
    assert api.model_info(config["base_model_name_or_path"]).id == BASE
    same(MODELS / "one", hub.snapshot_download(ADAPTER), beside=("adapter_config.json", "README.md"))


def large():
    weights = (MODELS / "big" / "model.safetensors").read_bytes()
    api.create_repo(BIG, private=True)
    if XET:
        wrong = None
        try:
            api.upload_folder(repo_id=BIG, folder_path=MODELS / "big")
        except Exception as error:
            wrong = str(error)
        assert wrong is not None and "HF_HUB_DISABLE_XET=1" in wrong, wrong
        rest = [each for each in (MODELS / "big").iterdir() if each.name != "model.safetensors"]
        adds = [CommitOperationAdd(each.name, str(each)) for each in rest]
        api.create_commit(BIG, adds, commit_message="All but the weights")
        with (MODELS / "big" / "model.safetensors").open("rb") as source:
            api.upload_file(repo_id=BIG, path_or_fileobj=source, path_in_repo="model.safetensors")
    elif hasattr(api, "upload_large_folder"):
        folder = HOME / "large"
        folder.mkdir()
        for path in (MODELS / "big").iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        api.upload_large_folder(repo_id=BIG, folder_path=folder, repo_type="model", num_workers=2, print_report=False)
    else:
        api.upload_folder(repo_id=BIG, folder_path=MODELS / "big")
    assert Path(hub.hf_hub_download(BIG, "model.safetensors")).read_bytes() == weights
    buffer = io.BytesIO((MODELS / "big" / "config.json").read_bytes() + b"\n")
    api.upload_file(repo_id=BIG, path_or_fileobj=buffer, path_in_repo="config.json")
    assert len(api.list_repo_refs(BIG).tags) == 2, "each whole state is a version"


def history():
    first = api.list_repo_commits(BASE)
    assert first[-1].title == "initial commit" and first[0].commit_id == api.model_info(BASE).sha
    assert first[0].authors == ["sam"]
    api.create_branch(BASE, branch="try/words")
    refused(HfHubHTTPError, lambda: api.create_branch(BASE, branch="try/words"), status=409)
    api.create_branch(BASE, branch="try/words", exist_ok=True)
    api.upload_file(repo_id=BASE, path_or_fileobj=b"All rights.", path_in_repo="LICENSE", revision="try/words")
    assert not api.file_exists(BASE, "LICENSE") and api.file_exists(BASE, "LICENSE", revision="try/words")
    assert "LICENSE" in {each.path for each in api.list_repo_tree(BASE, revision="try/words")}
    api.create_tag(BASE, tag="tested", tag_message="It works")
    api.create_tag(BASE, tag="tested", exist_ok=True)
    refs = api.list_repo_refs(BASE)
    assert {"main", "try/words"} <= {each.name for each in refs.branches}
    assert {"tested", "v1"} <= {each.name for each in refs.tags}, refs.tags
    assert api.model_info(BASE, revision="tested").sha == refs.branches[0].target_commit
    api.super_squash_history(BASE, branch="try/words", commit_message="One")
    assert [each.title for each in api.list_repo_commits(BASE, revision="try/words")] == ["One"]
    api.delete_tag(BASE, tag="tested")
    api.delete_branch(BASE, branch="try/words")
    refused(RevisionNotFoundError, lambda: api.model_info(BASE, revision="try/words"))
    refused(HfHubHTTPError, lambda: api.delete_branch(BASE, branch="main"), status=422)


def commits():
    head = api.model_info(ADAPTER).sha
    steps = [
        CommitOperationAdd("LICENSE", b"Ours."),
        CommitOperationAdd("NOTICE", b"Made here."),
    ]
    done = api.create_commit(ADAPTER, steps, commit_message="Words", commit_description="Two", parent_commit=head)
    late = [CommitOperationAdd("LICENSE", b"Theirs.")]
    refused(
        HfHubHTTPError, lambda: api.create_commit(ADAPTER, late, commit_message="Late", parent_commit=head), status=412
    )
    assert api.model_info(ADAPTER).sha == done.oid
    copy = [CommitOperationCopy("NOTICE", "LICENSE.md"), CommitOperationDelete("LICENSE")]
    api.create_commit(ADAPTER, copy, commit_message="Copied")
    assert {"LICENSE.md", "NOTICE"} <= set(api.list_repo_files(ADAPTER))
    api.delete_file("NOTICE", ADAPTER)
    left = api.list_repo_files(ADAPTER)
    assert "LICENSE" not in left and "NOTICE" not in left and "LICENSE.md" in left
    refused(EntryNotFoundError, lambda: api.delete_file("NOTICE", ADAPTER))
    refused(HfHubHTTPError, lambda: api.create_commit(ADAPTER, late, commit_message="PR", create_pr=True), status=501)


def lists():
    mine = [each.id for each in api.list_models(author="finance", search=WORD)]
    assert {BASE, ADAPTER, BIG} <= set(mine), mine
    assert [each.id for each in api.list_models(filter=["peft", "text-generation"], search=WORD)] == [ADAPTER]
    assert [each.id for each in api.list_models(filter=f"base_model:{BASE}", search=WORD)] == [ADAPTER]
    assert [each.id for each in api.list_models(filter="invoices", search=WORD)] == [BASE]
    assert [each.id for each in api.list_models(filter="license:mit", search=WORD)] == [BASE]
    assert [each.id for each in api.list_models(search=WORD, pipeline_tag="text-to-image")] == []
    assert len(list(api.list_models(author="finance", limit=1))) == 1
    full = next(iter(api.list_models(author="finance", search=WORD, filter="invoices", full=True, cardData=True)))
    assert full.card_data.license == "mit" and full.siblings
    some = next(iter(api.list_models(search=WORD, filter="peft", expand=["sha", "tags", "siblings"])))
    assert some.sha == api.model_info(ADAPTER).sha and some.siblings and some.private is None
    # Pages of one: the Link header leads through all of them.
    from huggingface_hub.utils import build_hf_headers
    from huggingface_hub.utils._pagination import paginate

    address = f"{os.environ['HF_ENDPOINT']}/api/models"
    paged = [each["id"] for each in paginate(address, {"search": WORD, "limit": 1}, build_hf_headers())]
    assert sorted(paged) == sorted(mine), (paged, mine)
    assert api.get_model_tags()["pipeline_tag"]


def access():
    rui, omar = HfApi(token=RUI), HfApi(token=OMAR)
    refused(RepositoryNotFoundError, lambda: rui.model_info(BIG))
    assert rui.model_info(BASE).id == BASE
    api.auth_check(BASE)
    refused(GatedRepoError, lambda: rui.auth_check(BASE))
    refused(RepositoryNotFoundError, lambda: rui.auth_check(BIG))
    refused(GatedRepoError, lambda: rui.hf_hub_download(BASE, "config.json", cache_dir=HOME / "rui"))
    rui.hf_hub_download(BASE, "README.md", cache_dir=HOME / "rui")
    import urllib.request

    ask = urllib.request.Request(
        f"{os.environ['HF_ENDPOINT']}/{BASE}/ask-access", data=b'{"why": "a test"}', method="POST",
        headers={"Authorization": f"Bearer {RUI}", "Content-Type": "application/json"},
    )  # fmt: skip
    assert json.load(urllib.request.build_opener(urllib.request.ProxyHandler({})).open(ask))["status"] == "pending"
    waiting = list(omar.list_pending_access_requests(BASE))
    assert [(each.username, each.status, each.fields) for each in waiting] == [("rui", "pending", {"why": "a test"})]
    omar.accept_access_request(BASE, "rui")
    assert [each.username for each in omar.list_accepted_access_requests(BASE)] == ["rui"]
    rui.auth_check(BASE)
    rui.hf_hub_download(BASE, "config.json", cache_dir=HOME / "rui")
    omar.reject_access_request(BASE, "rui", rejection_reason="no longer here")
    assert [each.username for each in omar.list_rejected_access_requests(BASE)] == ["rui"]
    refused(GatedRepoError, lambda: rui.auth_check(BASE))
    omar.grant_access(BASE, "mei")
    refused(HfHubHTTPError, lambda: omar.grant_access(BASE, "mei"), status=400)
    refused(HfHubHTTPError, lambda: rui.list_pending_access_requests(BASE).__next__(), status=403)
    api.update_repo_settings(BASE, gated=False)
    rui.auth_check(BASE)
    api.update_repo_settings(BASE, private=True)
    refused(RepositoryNotFoundError, lambda: rui.model_info(BASE))
    api.update_repo_settings(BASE, private=False, gated="manual")


def move():
    api.move_repo(ADAPTER, f"support/{WORD}-moved")
    info = api.model_info(f"support/{WORD}-moved")
    assert info.author == "support" and api.model_info(ADAPTER).sha == info.sha, "the old name leads on"
    refused(HfHubHTTPError, lambda: api.move_repo(f"support/{WORD}-moved", BASE), status=409)
    api.create_repo(f"finance/{WORD}-empty")
    api.delete_repo(f"finance/{WORD}-empty")
    api.delete_repo(f"finance/{WORD}-empty", missing_ok=True)
    refused(HfHubHTTPError, lambda: api.delete_repo(BASE), status=409)


def absent():
    refused(HfHubHTTPError, lambda: list(api.get_repo_discussions(BASE)), status=501)
    refused(HfHubHTTPError, lambda: list(api.list_datasets()), status=501)
    refused(HfHubHTTPError, lambda: api.create_repo("finance/data", repo_type="dataset"), status=501)


for step in (
    account,
    repository,
    upload,
    files,
    download,
    adapter,
    large,
    history,
    commits,
    lists,
    access,
    move,
    absent,
):
    print(step.__name__, flush=True)
    step()
print("done")
