import json

import pytest

from aird.core.recipe_yaml import RecipeRefused, load_mapping


def test_a_recipe_in_json_keeps_its_characters_however_they_are_escaped() -> None:
    recipe = {"name": "客服 😀", "words": ["\U0001f680", "é"]}
    assert load_mapping(json.dumps(recipe)) == recipe
    assert load_mapping(json.dumps(recipe, ensure_ascii=False)) == recipe


@pytest.mark.parametrize("half", ["\\ud83d", "\\ude00\\ud83d", "\\u0000"])
def test_half_a_character_is_refused(half: str) -> None:
    with pytest.raises(RecipeRefused) as refusal:
        load_mapping(f'{{"name": "{half}"}}')
    assert refusal.value.params["reason"] == "not_text"
