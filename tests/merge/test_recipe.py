import time

import pytest

from aird.catalog.names import VersionRef
from aird.core.recipe_yaml import RecipeRefused
from aird.merge.recipe.merge_recipe import METHODS, MergeRecipe, Parent, parse
from aird.merge.schemas import SearchSpace

LINEAR = """
merge_method: linear
models:
  - model: it/base@1+support/answers@3
    parameters: {weight: 0.7}
  - model: it/base@1+sales/offers@2
    parameters: {weight: 1e-3}
dtype: bfloat16
tokenizer_source: base
"""
HEAD = "merge_method: task_arithmetic\nbase_model: it/base\nparameters: {weight: 1}\n"
TWO = "models:\n- model: a/x@1\n- model: b/y@2\n"


def ref(text: str) -> VersionRef:
    return VersionRef.parse(text)


def refused(text: str | bytes) -> RecipeRefused:
    with pytest.raises(RecipeRefused) as refusal:
        parse(text)
    assert refusal.value.status == 422
    assert len(str(refusal.value)) < 600
    return refusal.value


def test_a_linear_mergekit_recipe_is_read_as_it_is() -> None:
    recipe = parse(LINEAR)
    assert recipe.method == "linear"
    assert recipe.normalize
    assert recipe.base == ref("it/base@1")
    assert recipe.parents == (
        Parent(ref("support/answers@3"), 0.7, ref("it/base@1")),
        Parent(ref("sales/offers@2"), 0.001, ref("it/base@1")),
    )
    assert "bfloat16" in recipe.notes[0]


def test_task_arithmetic_does_not_normalise_and_takes_lambda() -> None:
    recipe = parse(HEAD.replace("weight: 1", "weight: 0.4, lambda: 1.5, int8_mask: true, density: 1.0") + TWO)
    assert recipe == MergeRecipe(
        method="task_arithmetic",
        parents=(Parent(ref("a/x@1"), 0.4), Parent(ref("b/y@2"), 0.4)),
        base=ref("it/base"),
        scale=1.5,
        notes=("'int8_mask' has no effect with 'task_arithmetic' and is left out of account.",),
    )


def test_references_may_be_mappings_as_in_mergekit() -> None:
    model = "{model: {path: it/base, revision: 1}, lora: {path: a/x, revision: '3'}}"
    recipe = parse(f"merge_method: task_arithmetic\nmodels: [{{model: {model}, parameters: {{weight: 1}}}}]")
    assert recipe.parents == (Parent(ref("a/x@3"), 1.0, ref("it/base@1")),)


def test_tsv_needs_no_weights() -> None:
    recipe = parse("merge_method: tsv\nslices: null\n" + TWO.replace("a/x@1", "aird://a/x@1"))
    assert [p.weight for p in recipe.parents] == [1.0, 1.0]
    assert not recipe.normalize


def test_an_own_weight_goes_before_the_shared_one() -> None:
    recipe = parse(HEAD + "models:\n- {model: a/x, parameters: {weight: -2}}\n- {model: b/y}\n")
    assert [p.weight for p in recipe.parents] == [-2.0, 1.0]


def test_the_base_among_the_models_counts_in_the_average_only() -> None:
    models = "models:\n- {model: it/base, parameters: {weight: 3}}\n- {model: a/x, parameters: {weight: 1}}\n"
    assert parse("merge_method: linear\nbase_model: it/base\n" + models).base_weight == 3.0
    assert parse("merge_method: linear\nbase_model: it/base\nparameters: {weight: 1}\n" + TWO).base_weight == 1.0
    assert len(parse(HEAD + models).parents) == 1


def test_the_extension_says_where_the_child_goes_and_what_is_searched() -> None:
    recipe = parse(
        HEAD + TWO + "aird: {model: hr/all, title: Alle Häuser, rank: 8,"
        " search: {scales: [0.5, 1], suites: [hr/faq, exam@2], split: dev}}"
    )
    assert (recipe.aird.child, recipe.aird.title, recipe.aird.rank) == ("hr/all", "Alle Häuser", 8)
    assert recipe.aird.search == SearchSpace(scales=[0.5, 1.0], suites=["hr/faq", "exam@2"], split="dev")


OTHER_METHODS = """dare_ties dare_linear slerp nuslerp multislerp karcher passthrough model_stock
nearswap sce breadcrumbs breadcrumbs_ties della della_linear ram ramplus_tl arcee_fusion Linear cat"""


@pytest.mark.parametrize("method", OTHER_METHODS.split())
def test_another_method_is_refused_by_its_name(method: str) -> None:
    refusal = refused(f"merge_method: {method}\nbase_model: it/base\n" + TWO)
    assert refusal.params["reason"] == "method_not_supported"
    assert f"'{method}'" in str(refusal)
    assert all(f"'{m}'" in str(refusal) for m in METHODS)


PATHS = """http://evil/x https://evil.example/org/model file:///etc/passwd /etc/passwd ../../b/secret ./x ~/x
org/../x hf://org/x s3://b/x C:\\models\\x \\\\host\\x x/%2e%2e org/x%2fy aird://../x aird://http://x //host/x
."""


@pytest.mark.parametrize("path", PATHS.split())
@pytest.mark.parametrize("place", ["- model: '{}'", "- model: 'it/base+{}'", "- model: {{model: {{path: '{}'}}}}"])
def test_a_path_or_an_address_is_never_a_model(path: str, place: str) -> None:
    assert refused(HEAD + "models:\n" + place.format(path)).params["reason"] == "path_or_url"


BAD_REFERENCES = """gpt2 a/b/c A/x a/x@main a/x@0 a/x@v3 a/x@1@2 a/x+b/y+c/z + a/x+ "+a/x" "" 7 [a/x] {path:a/x}"""


@pytest.mark.parametrize(
    "reference", [*BAD_REFERENCES.split(), "null", "{model: {path: 7}}", "{lora: {path: a/x}}", "'a/x y'"]
)
def test_a_reference_that_names_no_version_is_refused(reference: str) -> None:
    assert refused(HEAD + f"models:\n- model: {reference}\n").params["reason"] == "bad_reference"


KEYS = [
    ("merge_methd: linear\n" + TWO, "unknown_key", "merge_method"),
    (HEAD + "model:\n- model: a/x\n", "unknown_key", "models"),
    (HEAD + TWO + "trust_remote_code: true", "unknown_key", "Known here"),
    (HEAD + "models: [{model: a/x, weight: 1}]", "unknown_key", "models[0].weight"),
    (HEAD + "models: [{model: a/x, parameters: {wieght: 1}}]", "unknown_key", "'weight'"),
    (HEAD + "models: [{model: a/x, parameters: {lambda: 1}}]", "not_supported", "top-level"),
    (HEAD + "models: [{model: {model: a/x, adapter: b/y}}]", "unknown_key", "adapter"),
    (
        HEAD + "models: [{model: {model: a/x, override_architecture: y}}]",
        "not_supported",
        "override_architecture",
    ),
    (HEAD + "models: [{model: {model: {path: a/x, rev: 3}}}]", "unknown_key", "rev"),
    (HEAD + "models: [{model: {model: {path: a/x, revision: main}}}]", "bad_reference", "revision"),
    (HEAD + "models: [{model: {model: {path: a/x@1, revision: 2}}}]", "bad_reference", "path"),
    (HEAD + TWO + "aird: {name: a/x}", "unknown_key", "aird.name"),
    (HEAD + TWO + "aird: {search: {scale: [1]}}", "unknown_key", "scales"),
    (HEAD + "slices: [{sources: []}]", "not_supported", "slices"),
    (HEAD + "modules: {text: {}}", "not_supported", "modules"),
    (HEAD + TWO + "chat_template: chatml", "not_supported", "chat_template"),
    (HEAD + TWO + "out_dtype: float16", "not_supported", "out_dtype"),
    (HEAD + TWO + "tokenizer_source: union", "tokenizer", "tokenizer_source"),
    (HEAD + TWO + "tokenizer_source: a/x", "tokenizer", "tokenizer_source"),
    (HEAD + TWO + "tokenizer: {source: union}", "tokenizer", "tokenizer"),
    (HEAD + TWO + "tokenizer: {source: base, tokens: {x: {}}}", "tokenizer", "tokenizer"),
    ("merge_method: linear\nparameters: {weight: 1, lambda: 2}\n" + TWO, "not_supported", "lambda"),
    (HEAD.replace("weight: 1", "weight: 1, density: 0.5") + TWO, "not_supported", "density"),
    (HEAD.replace("weight: 1", "weight: 1, gamma: 0.5") + TWO, "unknown_key", "gamma"),
]


@pytest.mark.parametrize(("text", "reason", "shown"), KEYS)
def test_a_key_that_would_be_skipped_is_refused_by_its_name(text: str, reason: str, shown: str) -> None:
    refusal = refused(text)
    assert refusal.params["reason"] == reason
    assert shown in str(refusal)


WEIGHTS = [
    *((w, "not_finite") for w in (".inf", "-.inf", ".nan", "1e999", "101", "-1000", "9" * 400)),
    *((w, "bad_value") for w in ("nan", "inf", "heavy", "true", "null", "''", "1_0.5.", "'1 '", "2020-01-01")),
    *((w, "gradient") for w in ("[0, 1]", "[0.5]", "[]", "[{filter: mlp, value: 1}, {value: 0}]")),
    ("{filter: mlp, value: 1}", "filter"),
]


@pytest.mark.parametrize(("weight", "reason"), WEIGHTS)
def test_a_weight_is_one_finite_number(weight: str, reason: str) -> None:
    assert refused(HEAD + f"models: [{{model: a/x, parameters: {{weight: {weight}}}}}]").params["reason"] == reason
    assert refused(HEAD.replace("weight: 1", f"weight: {weight}") + TWO).params["reason"] == reason
    assert refused(HEAD.replace("weight: 1", f"lambda: {weight}, weight: 1") + TWO).params["reason"] == reason


STRUCTURE = [
    ("models: [{model: a/x}]", "no_method"),
    ("merge_method: task_arithmetic\n" + TWO, "no_base"),
    ("merge_method: linear\n", "no_models"),
    ("merge_method: linear\nmodels: []", "no_models"),
    ("merge_method: linear\nmodels: {a: b}", "no_models"),
    ("merge_method: linear\nmodels: [a/x]", "no_model"),
    ("merge_method: linear\nmodels: [{parameters: {weight: 1}}]", "no_model"),
    ("merge_method: linear\n" + TWO, "no_weight"),
    (HEAD + "models: [{model: it/base}]", "no_models"),
    (HEAD + "models: [{model: a/x}, {model: a/x}]", "listed_twice"),
    (HEAD + "models: [{model: it/other+a/x}]", "different_bases"),
    (HEAD + "models: [{model: it/base@1+a/x}, {model: it/base@2+b/x}]", "different_bases"),
    (HEAD.replace("it/base", "it/base+a/x") + TWO, "base_with_adapter"),
    (HEAD + "models: [" + ", ".join(f"{{model: a/x{i}}}" for i in range(65)) + "]", "too_many_models"),
    (HEAD.replace("{weight: 1}", "[1]") + TWO, "bad_value"),
    (HEAD.replace("weight: 1", "weight: 1, normalize: 1") + TWO, "bad_value"),
    (HEAD.replace("weight: 1", "weight: 1, rescale: 'no'") + TWO, "bad_value"),
    (HEAD + TWO + "dtype: int4", "bad_value"),
    (HEAD + TWO + "tokenizer: {source: base}\ntokenizer_source: base", "bad_value"),
    *((HEAD + TWO + f"aird: {{{text}}}", "bad_value") for text in ("rank: 0", "rank: 1025", "rank: true", "rank: 1.5")),
    *((HEAD + TWO + f"aird: {{{text}}}", "bad_value") for text in ("title: 7", "title: ''", 'title: "a\\nb"')),
    *((HEAD + TWO + f"aird: {{model: {text}}}", "bad_reference") for text in ("../x", "a", "a/x@3", "7")),
    *(
        (HEAD + TWO + f"aird: {{search: {{suites: [a/b], scales: {text}}}}}", "bad_value")
        for text in ("1", "[0]", "[1, 1]", "[-1]", "[x]")
    ),
    (HEAD + TWO + f"aird: {{search: {{suites: [a/b], scales: {list(range(1, 66))}}}}}", "bad_value"),
    (HEAD + TWO + "aird: {search: {suites: ['../x']}}", "bad_reference"),
    (HEAD + TWO + "aird: {search: {scales: [1]}}", "no_suites"),
    (HEAD + TWO + "aird: {search: [1]}", "bad_value"),
    (HEAD + TWO + "aird: merged", "bad_value"),
]


@pytest.mark.parametrize(("text", "reason"), STRUCTURE)
def test_a_recipe_that_cannot_be_carried_out_as_written_is_refused(text: str, reason: str) -> None:
    assert refused(text).params["reason"] == reason


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(9)
)
TEXTS: list[tuple[str | bytes, str]] = [
    ("", "not_a_mapping"),
    ("- a\n", "not_a_mapping"),
    ("null", "not_a_mapping"),
    ("just text", "not_a_mapping"),
    ("a: [", "not_yaml"),
    ("a: b: c", "not_yaml"),
    ("\x00", "not_yaml"),
    ("a: 1\n---\nb: 2\n", "not_yaml"),
    ("a: !!python/object/apply:os.system [id]", "not_yaml"),
    ("a: !!python/name:os.system", "not_yaml"),
    ("a: !x 1", "not_yaml"),
    ("a: 2020-13-45", "not_yaml"),
    ("a: " + "9" * 5000, "not_yaml"),
    (LAUGHS, "yaml_alias"),
    ("a: &x {b: *x}", "yaml_alias"),
    ("a: [*missing]", "yaml_alias"),
    ("a: " + "[" * 30_000, "yaml_too_deep"),
    ("a: " + "{b: " * 10_000, "yaml_too_deep"),
    ("- " * 30_000, "yaml_too_deep"),
    ("a: [" + "1," * 25_000 + "]", "yaml_too_deep"),
    ("a: 1\na: 2", "yaml_double_key"),
    ("models: [{model: a/x, model: b/y}]", "yaml_double_key"),
    ("1: 2", "yaml_key"),
    ("[a]: 2", "yaml_key"),
    ("? {a: 1}\n: 2", "yaml_key"),
    ("on: 1", "yaml_key"),
    ("<<: {merge_method: linear}", "yaml_key"),
    ("#" * 70_000, "recipe_too_large"),
    (b"a: \xff", "not_utf8"),
    ("a: \ud800", "not_utf8"),
]


@pytest.mark.parametrize(("text", "reason"), TEXTS, ids=range(len(TEXTS)))
def test_a_text_that_is_not_plain_yaml_is_refused_quickly(text: str | bytes, reason: str) -> None:
    start = time.process_time()
    assert refused(text).params["reason"] == reason
    assert time.process_time() - start < 5


def test_comments_and_bytes_are_fine() -> None:
    assert parse(("# our recipe ✓\n" + LINEAR).encode()) == parse(LINEAR)


TIES = """
merge_method: ties
base_model: it/base@1
models:
  - model: it/base@1
  - {model: support/answers@3, parameters: {weight: 0.7, density: 0.2}}
  - {model: sales/offers@2, parameters: {weight: 0.3}}
parameters: {density: 0.5, normalize: true, lambda: 1.1}
"""


def test_mergekits_ties_is_read_with_its_densities():
    recipe = parse(TIES)
    assert (recipe.method, recipe.normalize, recipe.scale) == ("ties", True, 1.1)
    assert [(str(p.version), p.weight, p.density) for p in recipe.parents] == [
        ("support/answers@3", 0.7, 0.2),
        ("sales/offers@2", 0.3, 0.5),
    ]


@pytest.mark.parametrize("density", ["0", "-0.5", "1.5"])
def test_a_density_that_keeps_nothing_or_more_than_all_is_refused(density: str):
    refusal = refused(TIES.replace("density: 0.2", f"density: {density}"))
    assert refusal.params["key"] == "models[1].parameters.density"


@pytest.mark.parametrize("method", ["tsv", "iso_c", "ctm", "knots_ties"])
def test_aird_s_own_methods_need_no_weights(method: str):
    assert [p.weight for p in parse(f"merge_method: {method}\n" + TWO).parents] == [1.0, 1.0]


def test_ties_needs_a_base_as_in_mergekit():
    assert refused("merge_method: ties\nparameters: {weight: 1}\n" + TWO).params["reason"] == "no_base"
    assert parse("merge_method: ties\nbase_model: it/base\nparameters: {weight: 1}\n" + TWO).method == "ties"
