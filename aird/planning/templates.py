"""Plans to start from: what a company asks for most, as text to change. Pure."""

from aird.planning.schemas import TemplateRead

_CAREER = """\
apiVersion: aird/v1
kind: Plan
metadata:
  name: support/lead
  title: From basics to lead
spec:
  profile:                            # the role: what the last version has to reach
    - {suite: support/product-exam, level: 0.85}
    - {suite: support/cases-exam, level: 0.85}
  forgetting: {max_drop: 0.03}        # no exam may fall by more than this below its best
  stages:
    basics:
      title: Company basics
      train:
        model: support/basics
        base: platform/base@1
        datasets: [platform/basics@1]
        settings: {steps: 200, learning_rate: 0.002}
      teaches: [platform/basics-exam]
      gate: [{suite: platform/basics-exam, at_least: 0.7}]
    product:
      title: Product knowledge
      train:
        model: support/product
        base: platform/base@1
        datasets: [support/product@1]
        settings: {steps: 200, learning_rate: 0.002}
      teaches: [support/product-exam]
      gate: [{suite: support/product-exam, at_least: 0.8}]
    cases:
      title: Hard cases
      train:
        model: support/cases
        base: platform/base@1
        datasets: [support/cases@1]
        settings: {steps: 200, learning_rate: 0.002}
      teaches: [support/cases-exam]
      gate: [{suite: support/cases-exam, at_least: 0.8}]
    lead:
      title: Lead
      merge:                          # adapters of one base, merged and then taught by their own sources
        merge_method: tsv
        models:
          - {model: "${stage.basics}"}
          - {model: "${stage.product}"}
          - {model: "${stage.cases}"}
        aird: {model: support/lead, finish: {steps: 120}}
"""

_ROTATION = """\
apiVersion: aird/v1
kind: Plan
metadata:
  name: support/all-rounder
  title: Specialist, then rotation
spec:
  profile:
    - {suite: support/mail-exam, level: 0.85}
    - {suite: finance/invoices-exam, level: 0.8}
  forgetting: {max_drop: 0.05}
  stages:
    specialist:
      title: Department specialist
      train:
        model: support/mail-specialist
        base: platform/base@1
        datasets: [support/mail@1]
        settings: {steps: 200, learning_rate: 0.002}
      teaches: [support/mail-exam]
      gate: [{suite: support/mail-exam, at_least: 0.85}]
    guest:
      title: Guest from finance
      train:
        model: support/finance-guest
        base: platform/base@1
        datasets: [finance/invoices@1]
        settings: {steps: 200, learning_rate: 0.002}
      teaches: [finance/invoices-exam]
    rotation:
      title: Rotation
      merge:
        merge_method: tsv
        models:
          - {model: "${stage.specialist}"}
          - {model: "${stage.guest}"}
        aird: {model: support/all-rounder, finish: {steps: 120}}
      gate:
        - {suite: support/mail-exam, at_least: 0.95, measure: relative, reference: "${stage.specialist}"}
"""

_ASSISTANT = """\
apiVersion: aird/v1
kind: Plan
metadata:
  name: support/assistant
  title: Assistant by mentoring
spec:
  profile:
    - {suite: support/mail-exam, level: 0.8}
  stages:
    expert:
      title: Expert
      train:
        model: support/expert
        base: platform/large@1
        datasets: [support/mail@1]
        settings: {steps: 300}
      teaches: [support/mail-exam]
      gate: [{suite: support/mail-exam, at_least: 0.9}]
    assistant:
      title: Assistant
      mentor:                         # a small model learns the expert's answers
        model: support/assistant
        student: platform/small@1
        teachers:
          - {version: "${stage.expert}", dataset: support/mail@1, split: unlabelled}
        settings: {steps: 240, student: full}
      teaches: [support/mail-exam]
    review:
      title: Final review
      needs: [assistant]
      exam: {versions: ["${stage.assistant}"], suites: [support/mail-exam]}
      gate: [{suite: support/mail-exam, at_least: 0.8}]
"""

TEMPLATES: tuple[TemplateRead, ...] = (
    TemplateRead(
        name="career",
        title="Basics, product, lead",
        about="Each subject is learnt from the common base; the lead is merged of the adapters and taught by them, so "
        "that nothing is forgotten and each stage can be taken out again.",
        yaml=_CAREER,
    ),
    TemplateRead(
        name="rotation",
        title="Specialist, then rotation",
        about="A specialist of the department and a guest of another one are merged; the gate keeps the specialist's "
        "own skill.",
        yaml=_ROTATION,
    ),
    TemplateRead(
        name="assistant",
        title="Assistant by mentoring",
        about="An expert on a large base, then a small model that learns its answers and sits the same exam.",
        yaml=_ASSISTANT,
    ),
)
