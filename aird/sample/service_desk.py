"""The second half of the main job: ask, reject, approve, deploy, chat, rate, bill, verify."""

import json
import time
from typing import Any

from aird.client import Client
from aird.sample import people
from aird.sample.departments import SampleDepartment
from aird.sample.recipes import DATA_SEED
from aird.sample.story import Story

Json = dict[str, Any]

ENDPOINT = "support/assistant"
KEY = "sample support key"
READY_SECONDS = 120.0
GATE = "all-round-assistant"
GATE_FLOOR = 0.85
"""What a version must score in every department's exam before the support desk takes it."""
BUDGET_MICRO = 200 * 10**6
"""What the support desk may spend in a month, in micro-units of the price book's currency."""


class DeskFailed(RuntimeError):
    """A step between request and bill did not come out as it should."""


class ServiceDesk:
    """The lead of the first department asks, another person signs, the endpoint answers."""

    def __init__(self, admin: Client, staff: Client, story: Story, department: SampleDepartment) -> None:
        self.admin, self.staff, self.story, self.department = admin, staff, story, department
        self.lead = people.sign_in(admin, "lin")
        self.approver = people.sign_in(admin, "rui")
        self.auditor = people.sign_in(admin, "noor")

    def approve(self, worse: str, better: str) -> Json:
        """Ask for both versions; the gate stops the first, the second is signed. Gives the approval."""
        rules = [
            {"suite": suite, "at_least": GATE_FLOOR, "measure": "score", "reference": None}
            for suite in sorted(each["name"] for each in self.staff.suites.list())
        ]
        people.ensure(self.staff.gates.create, GATE, department=self.department.key, rules=rules)
        people.ensure(self.staff.endpoints.create, ENDPOINT, title="Support assistant")
        refused = self._ask(worse, "Merged assistant for the support desk")
        if refused["state"] == "pending":
            failing = [line for line in refused["gate"]["lines"] if not line["passed"]]
            if not failing:
                raise DeskFailed(f"{worse} was meant to fail the gate and passed it")
            reason = "; ".join(f"{line['suite']} {line['found']:.2f}, wanted {line['wanted']:.2f}" for line in failing)
            refused = self.approver.approvals.reject(refused["id"], reason=f"Gate failed: {reason}")
        self.story.say(f"{worse} rejected by {refused['decided_by']}: {refused['reason']}")
        asked = self._ask(better, "Finished assistant for the support desk")
        if asked["state"] == "pending":
            if not asked["gate"]["passed"]:
                failing = [line for line in asked["gate"]["lines"] if not line["passed"]]
                raise DeskFailed(f"{better} does not pass the gate: {failing}")
            asked = self.approver.approvals.approve(
                asked["id"], digest=asked["digest"], reason="All three exams passed."
            )
        self.story.say(
            f"{better} asked for by {asked['requester']}, approved by {asked['decided_by']}, "
            f"bound to {asked['digest'][:19]}"
        )
        return asked

    def _ask(self, version: str, title: str) -> Json:
        there = [
            each for each in self.lead.approvals.list() if each["version"] == version and each["endpoint"] == ENDPOINT
        ]
        need = "Sort the messages of our customers into queues, in English and Chinese."
        return (
            there[0]
            if there
            else self.lead.approvals.create(version=version, endpoint=ENDPOINT, title=title, need=need)
        )

    def serve(self, approval: Json) -> Json:
        """Deploy, wait until it answers, bound the department's month, ask one question with its key.

        Gives question and answer.
        """
        endpoint = self.staff.endpoints.get(ENDPOINT)
        if endpoint["current"] is None or endpoint["current"]["version"] != approval["version"]:
            self.staff.endpoints.deploy(ENDPOINT, approval=approval["id"])
        until = time.monotonic() + READY_SECONDS
        while (endpoint := self.staff.endpoints.get(ENDPOINT))["state"] != "ready":
            if time.monotonic() > until or endpoint["state"] == "failed":
                raise DeskFailed(f"{ENDPOINT} is {endpoint['state']}: {endpoint['reason']}")
            time.sleep(0.2)
        if not self.admin.usage.budgets(department=self.department.key):
            self.admin.usage.set_budget("department", self.department.key, BUDGET_MICRO)
        key = self.lead.tokens.create(KEY, kind="key", department=self.department.key, days=1)["token"]
        item = self.department.dataset(seed=DATA_SEED)["exam"][0]
        question, wanted = item["messages"][0]["content"], item["choices"][item["answer"]]
        answer = _ask_openai(self.admin.url, key, question)
        answer |= {"question": question}
        self.story.say(f"asked:    {question}")
        self.story.say(f"answered: {answer['text']}   (policy: {wanted}; {answer['chunks']} chunks)")
        self.story.say(
            f"metered to {self.department.key}: {answer['prompt_tokens']} + {answer['completion_tokens']} tokens"
        )
        return answer

    def rate(self, answer: Json) -> None:
        """The lead's thumb becomes an item of the endpoint's feedback data set."""
        found = self.lead.feedback.give(
            answer["id"],
            rating=1,
            comment="Right queue.",
            messages=[{"role": "user", "content": answer["question"]}],
            answer=answer["text"],
        )
        self.story.say(f"filed in {found['dataset']}")

    def settle(self) -> None:
        """The bill of the month and what is left of the budget, and the proof of everything above."""
        usage = self.lead.usage.get(department=self.department.key)
        total = usage["total"]
        if not total["completion_tokens"] or not usage["reconciled"]:
            raise DeskFailed(f"The bill does not show the answer: {json.dumps(usage)[:500]}")
        self.story.say(
            f"{self.department.key} in {usage['month']}: {total['requests']} requests, {total['prompt_tokens']} + "
            f"{total['completion_tokens']} tokens, {total['cost_micro'] / 1e6:.6f} {usage['currency']} (reconciled)"
        )
        verdict = self.auditor.audit.verify()
        if not verdict["sound"]:
            raise DeskFailed(f"The audit chain is broken: {verdict['fault']}")
        for budget in self.lead.usage.budgets(department=self.department.key):
            limit = budget["limit_micro"]
            self.story.say(f"{budget['used_micro'] / limit:.4%} of a budget of {limit / 1e6:.0f} {budget['currency']}")
        self.story.say(f"audit chain sound over {verdict['entries']} entries, head {verdict['head'][:16]}")


def _ask_openai(url: str, key: str, question: str) -> Json:
    """One streamed chat through the stock client."""
    try:
        from openai import OpenAI
    except ImportError as error:
        raise DeskFailed("The sample asks through the openai client: pip install 'aird[sample]'") from error
    with OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=2) as client:
        stream = client.chat.completions.create(
            model=ENDPOINT,
            messages=[{"role": "user", "content": question}],
            max_tokens=64,
            temperature=0,
            stream=True,
            stream_options={"include_usage": True},
        )
        text, chunks, found = "", 0, {}
        for chunk in stream:
            for choice in chunk.choices:
                text += choice.delta.content or ""
                chunks += 1
            if chunk.usage is not None:
                found = {
                    "id": chunk.id,
                    "prompt_tokens": chunk.usage.prompt_tokens,
                    "completion_tokens": chunk.usage.completion_tokens,
                }
    if not found or not text.strip():
        raise DeskFailed(f"The endpoint gave no answer to {question!r}")
    return {**found, "text": text, "chunks": chunks}
