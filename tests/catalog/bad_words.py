"""Bad texts of a model: JSON, tokenizers, chat templates and cards, each with the reason for which it is refused."""

from typing import Any

JSON = [
    ("\ufeff{}", "not_json"),
    ('{"a": 1e400}', "not_finite"),
    ('{"a": -1e999}', "not_finite"),
    ('{"a": NaN}', "not_finite"),
    ('{"a": [' * 40 + "1" + "]}" * 40, "too_deep"),
    ("[" * 100_000, "too_deep"),
    ('{"a": 1,}', "not_json"),
    ("{'a': 1}", "not_json"),
    ('{"a": 1} {"b": 2}', "not_json"),
    ('{"a": 01}', "not_json"),
    ('{"a": "\x01"}', "not_json"),
    ("", "not_json"),
    ("null", "not_an_object"),
    ('"text"', "not_an_object"),
    ('{"a": {"b": 1, "b": 2}}', "double_key"),
    ('{"auto_map": {"AutoModel": "evil.Evil"}}', "dangerous_field"),
]


def replace(pattern: dict[str, str], text: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": text}


def chain(*pieces: dict[str, Any]) -> dict[str, Any]:
    return {"normalizer": {"type": "Sequence", "normalizers": list(pieces)}}


def nested(depth: int) -> dict[str, Any]:
    inner: dict[str, Any] = {"type": "NFC"}
    for _ in range(depth):
        inner = {"type": "Sequence", "normalizers": [inner]}
    return {"normalizer": inner}


def split(pattern: str) -> dict[str, Any]:
    return {"pre_tokenizer": {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}}


BPE = {"type": "BPE", "vocab": {"<|end|>": 0, "a": 1, "b": 2}, "merges": []}
TOKENIZERS: list[tuple[dict[str, Any], str]] = [
    (chain(*[replace({"Regex": "a|"}, "aaaaaaaa")] * 3), "pattern"),
    (chain(*[replace({"String": "a"}, "aa")] * 7), "pattern"),
    (chain(*[{"type": "NFC"}] * 65), "unknown_part"),
    (nested(40), "too_deep"),
    ({"normalizer": {"type": "Precompiled", "precompiled_charsmap": "AAAA"}}, "unknown_part"),
    ({"normalizer": {"type": "Lua", "script": "os.execute()"}}, "unknown_part"),
    ({"decoder": {"type": "Python"}}, "unknown_part"),
    (split("("), "tokenizer_fails"),
    (split("[z-a]"), "tokenizer_fails"),
    (split(r"\p{Nonsense}"), "tokenizer_fails"),
    (split(r"(?:a|b|ab)*c(?:x+x+)+y"), "pattern"),
    ({"model": BPE | {"merges": ["a x"]}}, "tokenizer_fails"),
    ({"model": BPE | {"merges": "a b"}}, "tokenizer_fails"),
    ({"model": BPE | {"dropout": 0.5}}, "unknown_part"),
    ({"model": {"type": "Script", "vocab": {"a": 0}}}, "unknown_part"),
    ({"version": "9.0"}, "tokenizer_fails"),
    ({"truncation": {"max_length": 8, "stride": 8, "strategy": "LongestFirst", "direction": "Right"}}, "truncation"),
    ({"truncation": {"max_length": 10**12, "stride": 0}}, "truncation"),
    ({"truncation": {"max_length": 8, "stride": -1}}, "truncation"),
    ({"post_processor": {"type": "TemplateProcessing", "single": [{}] * 5000, "pair": []}}, "post_processor"),
    (
        {"post_processor": {"type": "TemplateProcessing", "special_tokens": {"x": {"id": "x", "ids": [10**9]}}}},
        "token_number",
    ),
    ({"post_processor": {"type": "BertProcessing", "sep": ["x", 4294967295], "cls": ["y", 0]}}, "token_number"),
    ({"added_tokens": [{"id": 2**64, "content": "x"}]}, "token_number"),
]
TOKENIZER_CONFIGS: list[tuple[dict[str, Any], str]] = [
    ({"chat_template": [{"name": 1, "template": "x"}]}, "bad_template"),
    ({"chat_template": ["x"]}, "bad_template"),
    ({"chat_template": 7}, "bad_template"),
    ({"extra_special_tokens": [f"<{n}>" for n in range(64)]}, "token_number"),
    ({"auto_map": {"AutoTokenizer": ["evil.py", None]}, "tokenizer_class": "Evil"}, "dangerous_field"),
    ({"nested": {"trust_remote_code": True}}, "dangerous_field"),
]

BIG = 10**9
LOOPS = "{% for a in messages %}" * 5 + "x" + "{% endfor %}" * 5
GROW = "{% set n = namespace(x=%s) %}{% for m in messages %}{% set n.x = n.x %s n.x %}{% endfor %}{{ n.x|length }}"
TEMPLATES: list[tuple[str, str, str]] = [
    ("class", "{{ ''.__class__.__mro__ }}", "template_unsafe"),
    ("globals", "{{ messages.__init__.__globals__ }}", "template_unsafe"),
    ("an item", "{{ messages['__class__'] }}", "template_unsafe"),
    ("attr filter", "{{ messages|attr('__class__') }}", "template_unsafe"),
    ("map to an attribute", "{{ messages|map('attr', '__class__')|list }}", "template_unsafe"),
    ("include", "{% include '/etc/passwd' %}", "template_unsafe"),
    ("import", "{% import 'os' as os %}", "template_unsafe"),
    ("extends", "{% extends 'x' %}", "template_unsafe"),
    ("lipsum", "{{ lipsum(100000) }}", "template_unsafe"),
    ("cycler", "{{ cycler(1)['next'] }}", "template_unsafe"),
    ("centre", "{{ 'a'|center(1000000000) }}", "template_unsafe"),
    ("ljust", "{{ 'a'.ljust(1000000000) }}", "template_unsafe"),
    ("format", "{{ '{0:>999999999}'.format(1) }}", "template_unsafe"),
    ("percent", "{{ '%999999999d' % 1 }}", "template_unsafe"),
    ("big range", f"{{% for i in range({BIG}) %}}x{{% endfor %}}", "template_too_much"),
    ("computed range", "{% for i in range(messages|length - 1 + 100001) %}{% endfor %}", "template_too_much"),
    ("loops in loops", LOOPS, "template_too_much"),
    ("long loops", "{% for a in range(9999) %}" * 3 + "{% endfor %}" * 3, "template_too_much"),
    ("a recursive loop", "{% for a in messages recursive %}{{ loop(messages) }}{% endfor %}", "template_too_much"),
    ("a macro without end", "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "template_too_much"),
    ("a power", "{{ 10**10**9 }}", "template_too_much"),
    ("4 billion letters", "{{ 'a'*4000000000 }}", "template_too_much"),
    ("a long list", "{% set x = [0]*100000000 %}", "template_too_much"),
    ("doubling a text", GROW.replace("%s", "'aa'", 1).replace("%s", "~"), "template_too_much"),
    ("doubling a list", GROW.replace("%s", "[1]", 1).replace("%s", "+"), "template_too_much"),
    ("squaring", GROW.replace("%s", "9", 1).replace("%s", "*"), "template_too_much"),
    ("a huge number", "{{ 1" + "0" * 4000 + " }}", "template_too_much"),
    ("endless brackets", "{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}", "template_too_much"),
    ("no template", "{% for %}", "template_syntax"),
    ("an open block", "{% if messages %}", "template_syntax"),
    ("an unknown tag", "{% exec 'id' %}", "template_syntax"),
    ("it always fails", "{{ raise_exception('no') }}", "template_fails"),
    ("a name that is not there", "{{ os.system('id') }}", "template_fails"),
    ("division by nothing", "{{ 1 / 0 }}", "template_fails"),
]

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
CARDS: list[tuple[str, str | bytes, str]] = [
    ("a billion laughs", f"---\n{LAUGHS}---\n", "yaml_alias"),
    ("an anchor", "---\nlicense: &x mit\n---\n", "yaml_alias"),
    ("a merge key", "---\nbase: {a: 1}\n<<: *base\n---\n", "yaml_alias"),
    ("a Python object", "---\nlicense: !!python/object/apply:os.system ['id']\n---\n", "not_yaml"),
    ("a Python name", "---\nlicense: !!python/name:os.system\n---\n", "not_yaml"),
    ("a tag of its own", "---\nlicense: !evil x\n---\n", "not_yaml"),
    ("the same key twice", "---\nlicense: mit\nlicense: apache-2.0\n---\n", "yaml_double_key"),
    ("a key that is a list", "---\n? [a, b]\n: c\n---\n", "yaml_key"),
    ("deep brackets", "---\na: " + "[" * 500 + "]" * 500 + "\n---\n", "yaml_too_deep"),
    ("many values", "---\na: [" + "1," * 30_000 + "1]\n---\n", "yaml_too_deep"),
    ("a long header", "---\na: " + "x" * 70_000 + "\n---\n", "too_large"),
    ("a list", "---\n- a\n- b\n---\n", "not_a_mapping"),
    ("a tab", "---\na:\n\t- b\n---\n", "not_yaml"),
    ("half a surrogate", '---\na: "\\ud800"\n---\n', "not_text"),
    ("not UTF-8", b"---\nlicense: caf\xe9\n---\n", "not_utf8"),
    ("a NUL", b"# Card\x00\n", "not_text"),
    ("3 MB of text", "x" * (3 << 20), "too_large"),
]
