import access from "./access.json";
import approval from "./approval.json";
import audit from "./audit.json";
import auth from "./auth.json";
import catalog from "./catalog.json";
import common from "./common.json";
import compare from "./compare.json";
import compute from "./compute.json";
import datasets from "./datasets.json";
import delivery from "./delivery.json";
import deploy from "./deploy.json";
import directory from "./directory.json";
import errors from "./errors.json";
import exams from "./exams.json";
import family from "./family.json";
import health from "./health.json";
import help from "./help.json";
import home from "./home.json";
import jobs from "./jobs.json";
import mentoring from "./mentoring.json";
import metering from "./metering.json";
import notices from "./notices.json";
import org from "./org.json";
import personnel from "./personnel.json";
import plans from "./plans.json";
import playground from "./playground.json";
import prices from "./prices.json";
import register from "./register.json";
import requests from "./requests.json";
import rotation from "./rotation.json";
import runtimes from "./runtimes.json";
import said from "./said.json";
import sample from "./sample.json";
import serving from "./serving.json";
import shell from "./shell.json";
import skills from "./skills.json";
import studio from "./studio.json";
import tour from "./tour.json";
import training from "./training.json";
import words from "./words.json";
/** All messages of this language; `words` holds the terms that stand for values of the API. */
export const messages = {
  ...words,
  runtimes,
  prices,
  register,
  access,
  family,
  personnel,
  directory,
  approval,
  audit,
  auth,
  catalog,
  common,
  compute,
  datasets,
  delivery,
  deploy,
  errors,
  exams,
  health,
  home,
  jobs,
  metering,
  notices,
  tour,
  help,
  said,
  sample,
  org,
  compare,
  plans,
  playground,
  requests,
  rotation,
  serving,
  shell,
  skills,
  studio,
  mentoring,
  training,
};
