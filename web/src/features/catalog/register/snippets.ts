/** How to do with a program what the pages do: texts to copy, with the address of this very server. */

export interface Snippets {
  cli: string;
  python: string;
  curl: string;
  transformers: string;
}

/** Ways to get a version and to look at it. */
export function pullSnippets(
  origin: string,
  ref: string,
  alias: string | null,
  base: string | null,
): Snippets {
  const [name = ref, number = ""] = ref.split("@");
  const revision = alias ?? `v${number}`;
  const auto = base
    ? [
        "from peft import AutoPeftModelForCausalLM",
        `model = AutoPeftModelForCausalLM.from_pretrained("${name}", revision="${revision}")`,
      ]
    : [
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        `model = AutoModelForCausalLM.from_pretrained("${name}", revision="${revision}")`,
        `tokenizer = AutoTokenizer.from_pretrained("${name}", revision="${revision}")`,
      ];
  return {
    cli: [
      `aird models get ${ref}`,
      `aird models lineage ${ref}`,
      `aird models pull ${ref} ./${name.split("/")[1]}`,
    ].join("\n"),
    python: [
      "from aird import Client",
      "client = Client()  # AIRD_URL, AIRD_TOKEN",
      `version = client.models.get("${name}@${alias ?? number}")`,
      `version.pull("./${name.split("/")[1]}")`,
    ].join("\n"),
    curl: [
      `curl -H "Authorization: Bearer $AIRD_TOKEN" \\`,
      `  ${origin}/api/v1/models/${name}/versions/${number}`,
    ].join("\n"),
    transformers: [...hub(origin), "python - <<'EOF'", ...auto, "EOF"].join("\n"),
  };
}

function hub(origin: string): string[] {
  return [
    `export HF_ENDPOINT=${origin}/hf`,
    "export HF_TOKEN=$AIRD_TOKEN   # aird tokens create --name laptop",
  ];
}

/** Ways to add a version to the model. */
export function pushSnippets(origin: string, name: string): { hub: string; cli: string; python: string } {
  return {
    hub: [...hub(origin), `hf upload ${name} ./my-model .`].join("\n"),
    cli: `aird models add ${name} ./my-model`,
    python: [
      "from aird import Client",
      "client = Client()  # AIRD_URL, AIRD_TOKEN",
      `version = client.models.add("${name}", "./my-model")`,
    ].join("\n"),
  };
}
