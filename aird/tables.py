"""Imports every slice's models, so that the metadata is whole; the migrations and the tests start from here."""

from sqlalchemy import MetaData

import aird.approval.models
import aird.audit.models
import aird.auth.models
import aird.catalog.models
import aird.datasets.models
import aird.deploy.delivery.models
import aird.deploy.fitting.models
import aird.deploy.models
import aird.deploy.playground.models
import aird.evaluation.models
import aird.finetuning.models
import aird.jobs.models
import aird.merge.models
import aird.metering.models
import aird.notices.models
import aird.planning.models
import aird.requests.models
import aird.store.models
import aird.training.models
from aird.core.db import Base

__all__ = ["aird", "metadata"]

metadata: MetaData = Base.metadata
