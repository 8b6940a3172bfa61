"""Recipes of training and mentoring: what is read, and what is refused by the name of its key. Pure."""

from typing import Any, Literal, cast

import pytest

from aird.core.recipe_yaml import RecipeRefused
from aird.training import recipe
from aird.training.recipe import DistillSpec, TrainSpec
from aird.training.settings import PretrainSettings, SftSettings

TRAIN: dict[str, Any] = {"model": "support/mail", "base": "platform/base@1", "datasets": ["support/mails@1"]}
TEACHER: dict[str, Any] = {"version": "support/mail@1", "dataset": "support/mails@1"}
DISTILL: dict[str, Any] = {"model": "support/small", "student": "platform/small@1", "teachers": [TEACHER]}

TEXT = """
apiVersion: aird/v1
kind: Train
metadata: {name: mail}
spec:
  model: support/mail
  base: platform/base@1
  datasets: [support/mails@1, support/calls]
  settings: {steps: 150, learning_rate: 0.002, lora: {r: 4}}
"""


def train(**changes: Any) -> TrainSpec:
    return cast(TrainSpec, recipe.check({**TRAIN, **changes}, "Train"))


def refused(spec: object, kind: Literal["Train", "Distill"] = "Train") -> RecipeRefused:
    with pytest.raises(RecipeRefused) as refusal:
        recipe.check(spec, kind)
    assert (refusal.value.status, refusal.value.code) == (422, "recipe_refused")
    return refusal.value


def test_a_recipe_is_read_with_its_settings_checked() -> None:
    spec = cast(TrainSpec, recipe.parse(TEXT, "Train"))
    settings = spec.checked_settings()
    assert isinstance(settings, SftSettings)
    assert (settings.method, settings.steps, settings.lora.r) == ("lora", 150, 4)
    assert (spec.datasets, spec.split) == (["support/mails@1", "support/calls"], "train")


def test_the_head_of_a_recipe_may_be_left_out() -> None:
    bare = "spec: {model: support/small, student: platform/small@1, teachers: [{version: a/b, dataset: a/c}]}"
    spec = cast(DistillSpec, recipe.parse(bare, "Distill"))
    assert (spec.teachers[0].split, spec.settings.student) == ("unlabelled", "adapter")


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, SftSettings),
        ({"method": "full"}, SftSettings),
        ({"method": "pretrain", "base": None}, PretrainSettings),
        ({"method": "pretrain", "base": None, "tokenizer_from": "platform/base"}, PretrainSettings),
        ({"split": "dev", "limit": 5, "license": "mit", "notes": "n", "title": "T"}, SftSettings),
    ],
)
def test_a_good_recipe_is_taken(change: dict[str, Any], kind: type) -> None:
    assert isinstance(train(**change).checked_settings(), kind)


def test_the_method_of_the_recipe_decides_not_the_settings() -> None:
    found = train(method="full", settings={"method": "lora", "steps": 5}).checked_settings()
    assert (found.method, found.steps) == ("full", 5)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"model": None}, "spec.model"),
        ({"model": "Support"}, "spec.model"),
        ({"method": "qlora"}, "spec.method"),
        ({"base": None}, "spec"),
        ({"method": "full", "base": None}, "spec"),
        ({"method": "pretrain"}, "spec"),
        ({"tokenizer_from": "platform/base@1"}, "spec"),
        ({"datasets": []}, "spec.datasets"),
        ({"datasets": ["support/mails@1"] * 33}, "spec.datasets"),
        ({"datasets": [7]}, "spec.datasets.0"),
        ({"split": "../train"}, "spec.split"),
        ({"limit": 0}, "spec.limit"),
        ({"limit": 2**63}, "spec.limit"),
        ({"epochs": 3}, "spec.epochs"),
        ({"license": "x" * 65}, "spec.license"),
        ({"settings": {"epochs": 3}}, "spec.settings.epochs"),
        ({"settings": {"steps": 0}}, "spec.settings.steps"),
        ({"settings": {"learning_rate": float("nan")}}, "spec.settings.learning_rate"),
        ({"settings": {"lora": {"r": 0}}}, "spec.settings.lora.r"),
        ({"method": "pretrain", "base": None, "settings": {"lora": {"r": 4}}}, "spec.settings.lora"),
    ],
)
def test_a_bad_recipe_is_refused_by_the_name_of_its_key(change: dict[str, Any], key: str) -> None:
    found = refused({**TRAIN, **change})
    assert found.params["key"] == key
    assert found.message.startswith(f"{key}: ")
    assert len(found.message) < 300


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"teachers": []}, "spec.teachers"),
        ({"teachers": [{**TEACHER, "weight": 2}]}, "spec.teachers.0.weight"),
        ({"teachers": [{**TEACHER, "limit": 0}]}, "spec.teachers.0.limit"),
        ({"student": None}, "spec.student"),
        ({"settings": {"temperature": 0}}, "spec.settings.temperature"),
        ({"settings": {"student": "whole"}}, "spec.settings.student"),
    ],
)
def test_a_bad_mentoring_is_refused_by_the_name_of_its_key(change: dict[str, Any], key: str) -> None:
    assert refused({**DISTILL, **change}, "Distill").params["key"] == key
    assert recipe.check(DISTILL, "Distill")


@pytest.mark.parametrize("ref", ["../etc/passwd", "platform/base@0", "platform", "https://x/y", "platform/base@latest"])
def test_a_name_that_is_no_version_is_refused(ref: str) -> None:
    for change in ({"base": ref}, {"datasets": [ref]}):
        refused({**TRAIN, **change})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("kind: Distill\nspec: {}", "kind"),
        ("kind: [Train]\nspec: {}", "kind"),
        ("apiVersion: aird/v2\nspec: {}", "api_version"),
        ("spec: {}\nsteps: 3", "unknown_key"),
        ("kind: Train", "model_attributes_type"),
        ("spec: [1]", "model_attributes_type"),
        ("- 1", "not_a_mapping"),
        ("spec: {a: &x 1, b: *x}", "yaml_alias"),
        ("spec: {model: a/b, model: a/c}", "yaml_double_key"),
        ("spec: [", "not_yaml"),
    ],
)
def test_a_text_that_is_no_recipe_is_refused_with_the_cause(text: str, reason: str) -> None:
    with pytest.raises(RecipeRefused) as refusal:
        recipe.parse(text, "Train")
    assert refusal.value.params["reason"] == reason
    assert recipe.parse(TEXT, "Train")


def test_the_message_counts_the_other_faults() -> None:
    assert "(2 more)" in refused({**TRAIN, "limit": 0, "split": "X", "epochs": 3}).message
