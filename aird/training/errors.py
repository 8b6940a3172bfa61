"""What can go wrong with a recipe before it runs."""

from aird.core.errors import Refused


class NotTrainable(Refused):
    """This version cannot be trained from"""


class TeachersDiffer(Refused):
    """These teachers do not fit the student"""
