"""Load a base and an adapter by name, as anybody does. Arguments: base, adapter, folders of both. Runs by itself."""

import sys

import torch
from peft import AutoPeftModelForCausalLM, PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base_name, adapter_name, base_folder, adapter_folder = sys.argv[1:]
question = "Which invoice is still open?"


def logits(model, tokens):
    with torch.no_grad():
        return model(**tokens).logits


tokenizer = AutoTokenizer.from_pretrained(base_name, revision="production")
tokens = tokenizer(question, return_tensors="pt")
base = AutoModelForCausalLM.from_pretrained(base_name, revision="production")
local = AutoModelForCausalLM.from_pretrained(base_folder)
torch.testing.assert_close(logits(base, tokens), logits(local, tokens))
expected = logits(PeftModel.from_pretrained(local, adapter_folder), tokens)

# The adapter alone: its base is found through the catalog, in the version it was made for, although main has moved on
# and the base has no `staging`.
found = AutoModelForCausalLM.from_pretrained(adapter_name, revision="staging")
torch.testing.assert_close(logits(found, tokens), expected)
torch.testing.assert_close(logits(AutoPeftModelForCausalLM.from_pretrained(adapter_name), tokens), expected)
torch.testing.assert_close(logits(PeftModel.from_pretrained(base, adapter_name), tokens), expected)
print("loaded")
