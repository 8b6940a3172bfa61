/** Short names of the API's shapes. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type AccessRequest = Schemas["AccessRequestRead"];
export type AliasRead = Schemas["AliasRead"];
export type Approval = Schemas["ApprovalRead"];
export type AuditEntry = Schemas["AuditRead"];
export type Bill = Schemas["Bill"];
export type Department = Schemas["DepartmentRead"];
export type Diff = Schemas["DiffRead"];
export type Endpoint = Schemas["EndpointRead"];
export type EndpointDetail = Schemas["EndpointDetail"];
export type Facets = Schemas["Facets"];
export type Finding = Schemas["Finding"];
export type GateLine = Schemas["GateLineRead"];
export type HealthLine = Schemas["CheckRead"];
export type Impact = Schemas["ImpactRead"];
export type Job = Schemas["JobRead"];
export type JobEvent = Schemas["JobEventRead"];
export type JobsUsage = Schemas["JobsUsage"];
export type LineageGraph = Schemas["LineageRead"];
export type Me = Schemas["Me"];
export type Model = Schemas["ModelRead"];
export type Person = Schemas["PersonRead"];
export type Request = Schemas["RequestRead"];
export type Role = Schemas["Role"];
export type RoleGrant = Schemas["RoleRead"];
export type Skill = Schemas["SkillRead"];
export type SkillsMatrix = Schemas["SkillsMatrix"];
export type Token = Schemas["TokenRead"];
export type Verdict = Schemas["VerdictRead"];
export type Version = Schemas["VersionRead"];
export type VersionSummary = Schemas["VersionSummary"];
