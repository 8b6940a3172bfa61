"""The settings of the sample organisation's jobs, as found by experiment on the dev splits; nothing is set
elsewhere.

Every value is in the form of the product's own settings (`aird.training.settings`), so that the sample
orders the same jobs that a user would.
"""

from typing import Any, Final

DATA_SEED: Final = 0

SPECIALIST: Final[dict[str, Any]] = {
    "method": "lora",
    "steps": 150,
    "batch_size": 32,
    "learning_rate": 5e-3,
    "weight_decay": 0.1,
    "lora": {"r": 8, "alpha": 16, "target_modules": "all-linear"},
}
"""One department's specialist, on its `train` split. At a rate of 2e-3 the codes are not learnt in 150 steps; the
decay keeps the change near 0.3 of the weights' norm, where merging still works."""

MERGE_SCALES: Final = (0.4, 0.6, 0.8)
"""Tried on the dev splits after the rotation's merge; the best goes on to the finish."""

FINISH: Final[dict[str, Any]] = {
    "student": "adapter",
    "answers": "generate",
    "steps": 100,
    "batch_size": 32,
    "learning_rate": 3e-3,
    "max_new_tokens": 16,
}
"""After the merge: the three specialists answer the unlabelled prompts of their own departments; no labels.
After 40 steps most is recovered, after 80 nothing more is gained."""

MENTORING_SPLIT: Final = "unlabelled"
"""What the teacher answers and scores for the student: prompts without labels."""

STUDENT: Final[dict[str, Any]] = {
    "student": "full",
    "answers": "generate",
    "steps": 150,
    "batch_size": 32,
    "learning_rate": 3e-3,
    "weight_decay": 0.01,
    "max_new_tokens": 16,
}
"""Mentoring: the small base learns from the rotated version's answers to the unlabelled prompts; no
labels."""

STUDENT_WITHOUT_TEACHER: Final[dict[str, Any]] = {
    "split": "train",
    "limit": 48,
    "settings": {
        "method": "full",
        "steps": 150,
        "batch_size": 32,
        "learning_rate": 3e-3,
        "weight_decay": 0.01,
    },
}
"""The control: the same small base and as many steps on the labels that a small team would write by hand,
48 a department (three for each intent and language), without a teacher. Its rate is the better of 1e-3 and 3e-3."""
