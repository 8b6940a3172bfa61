type Page<T> = { items: T[]; next: string | null };
type Json = { [key: string]: unknown };
type Done<T> = { headers: { [name: string]: unknown }; content: { "application/json": T } };
type None = { headers: { [name: string]: unknown }; content?: never };
type Get<Out, Query = never, Path = never> = {
  parameters: { query?: Query; header?: never; path: Path; cookie?: never };
  requestBody?: never;
  responses: { 200: Done<Out> };
};
type Get0<Out, Query = never> = {
  parameters: { query?: Query; header?: never; path?: never; cookie?: never };
  requestBody?: never;
  responses: { 200: Done<Out> };
};
type Post<Out, Body, Path> = {
  parameters: { query?: never; header?: never; path: Path; cookie?: never };
  requestBody: { content: { "application/json": Body } };
  responses: { 200: Done<Out> };
};
type Post0<Out, Body> = {
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
  requestBody: { content: { "application/json": Body } };
  responses: { 200: Done<Out> };
};
type Bare<Out, Path> = {
  parameters: { query?: never; header?: never; path: Path; cookie?: never };
  requestBody?: never;
  responses: { 200: Done<Out> };
};
type Gone<Path> = {
  parameters: { query?: never; header?: never; path: Path; cookie?: never };
  requestBody?: never;
  responses: { 204: None };
};
type Listing = { cursor?: string | null; limit?: number; department?: string | null; state?: string | null; kind?: string | null };
type DM = { department: string; model: string };
type DN = { department: string; name: string };

type Role = "lead" | "staff" | "admin" | "auditor";
type RoleRead = { role: Role; department: string | null };
type Permission = string;
type Skill = { suite: string; score: number; low: number; high: number; items: number; metric: string; measured_at: string };
type VersionSummary = {
  name: string; number: number; ref: string; kind: "base" | "adapter" | "full";
  state: "draft" | "candidate" | "approved" | "suspended" | "retired"; digest: string; bytes: number; parameters: number | null;
  base: string | null; license: string | null; created_at: string; created_by: string; skills: Skill[];
};
type Relation = { ref: string; relation: string; weight: number | null };
type VersionRead = VersionSummary & {
  title: string; description: string; notes: string; architecture: Json; files: { path: string; size: number; digest: string }[];
  parents: Relation[]; children: Relation[];
  training: { job_id: string; kind: string; recipe: Json; metrics: Json; seconds: number | null } | null;
};
type ModelRead = {
  name: string; department: string; title: string; description: string; tags: string[]; versions: number;
  latest: VersionSummary | null; created_at: string;
};
type JobRead = {
  id: string; kind: string; title: string; department: string; state: "queued" | "running" | "succeeded" | "failed" | "cancelled";
  reason: string; since: string; attempt: number; max_attempts: number; progress: number | null; stage: string | null; metrics: Json;
  spec: Json; result: Json | null; error: { code: string; message: string } | null; created_by: string; created_at: string;
  started_at: string | null; finished_at: string | null; seconds: number | null;
};
type EventRead = { seq: number; at: string; kind: "state" | "progress" | "log"; data: Json };
type RequestRead = {
  id: string; number: number; title: string; need: string; department: string; requester: string;
  state: "open" | "in_review" | "approved" | "rejected" | "delivered" | "withdrawn"; version: string | null; endpoint: string | null;
  created_at: string; timeline: { at: string; actor: string; state: string; note: string }[];
};
type GateLine = {
  gate: string; suite: string; measure: string; wanted: number; found: number | null; low: number | null; high: number | null;
  items: number | null; passed: boolean; reason: string;
};
type ApprovalRead = {
  id: string; version: string; digest: string; endpoint: string; department: string; requester: string; request: number | null;
  state: "pending" | "approved" | "rejected" | "void"; gate: { passed: boolean; lines: GateLine[] };
  readiness: { ok: boolean; code: string; detail: string }[]; decided_by: string | null; decided_at: string | null; reason: string | null;
  created_at: string; may_decide: boolean; may_not_because: string | null;
};
type Placement = { version: string; digest: string; approval: string; since: string };
type EndpointRead = {
  name: string; department: string; title: string; state: "empty" | "starting" | "ready" | "failed" | "stopped"; reason: string;
  since: string; current: Placement | null; previous: Placement | null; model: string; created_at: string;
};
type EndpointDetail = EndpointRead & {
  deployments: { version: string; digest: string; approval: string; since: string; until: string | null; by: string; reason: string }[];
  replicas: { id: string; unit: string; state: string; reason: string; since: string; pid: number | null }[];
};
type UsageLine = { prompt_tokens: number; completion_tokens: number; requests: number; cost_micro: number };
type UsageRead = {
  month: string; departments: (UsageLine & { department: string })[]; endpoints: (UsageLine & { endpoint: string })[];
  keys: (UsageLine & { key: string })[]; total: UsageLine; reconciled: boolean; currency: string;
  prices: { sku: string; per_million_micro: number }[];
};
type AuditRead = {
  seq: number; at: string; actor: string; event: string; subject: string; reason: string; details: Json; hash: string; previous: string;
};
type TokenRead = {
  id: string; name: string; kind: "user" | "key"; prefix: string; department: string | null; person: string; created_at: string;
  expires_at: string; last_used_at: string | null; revoked_at: string | null;
};
type PersonRead = { id: string; username: string; display_name: string; active: boolean; roles: RoleRead[] };
type Me = { person: { id: string; username: string; display_name: string }; roles: RoleRead[]; permissions: Permission[]; csrf: string };

export interface components {
  schemas: {
    Me: Me; RoleRead: RoleRead; Role: Role; PersonRead: PersonRead; TokenRead: TokenRead; TokenCreated: TokenRead & { token: string };
    DepartmentRead: { id: string; key: string; title: string };
    SkillRead: Skill; VersionSummary: VersionSummary; VersionRead: VersionRead; ModelRead: ModelRead; JobRead: JobRead;
    EventRead: EventRead; RequestRead: RequestRead; ApprovalRead: ApprovalRead; GateLine: GateLine; EndpointRead: EndpointRead;
    EndpointDetail: EndpointDetail; UsageRead: UsageRead; AuditRead: AuditRead;
    SkillsMatrix: { suites: string[]; rows: { ref: string; state: VersionSummary["state"]; kind: string; cells: { [suite: string]: Skill | null } }[] };
    HealthLine: { check: string; state: "ok" | "warn" | "fail"; detail: string; fix: string };
    Verdict: { sound: boolean; entries: number; head: string; anchors: number; fault: string | null };
    JobUsage: { department: string; kind: string; jobs: number; seconds: number };
  };
}
type S = components["schemas"];

export interface paths {
  "/api/v1/session": {
    get: Get0<Me>;
    post: Post0<Me, { username: string; password: string }>;
    delete: Gone<never> & { parameters: { path?: never } };
  };
  "/api/v1/session/link": { post: Post0<Me, { code: string }> };
  "/api/v1/session/password": { post: Post0<undefined, { old: string; new: string }> };
  "/api/v1/departments": { get: Get0<Page<S["DepartmentRead"]>>; post: Post0<S["DepartmentRead"], { key: string; title: string }> };
  "/api/v1/people": {
    get: Get0<Page<PersonRead>>;
    post: Post0<PersonRead, { username: string; display_name: string; password?: string | null; roles: RoleRead[] }>;
  };
  "/api/v1/people/{username}/roles": { post: Post<PersonRead, RoleRead, { username: string }> };
  "/api/v1/people/{username}/login-link": { post: Bare<{ url: string; expires_at: string }, { username: string }> };
  "/api/v1/tokens": {
    get: Get0<Page<TokenRead>>;
    post: Post0<S["TokenCreated"], { name: string; kind: "user" | "key"; days?: number | null; department?: string | null; person?: string | null }>;
  };
  "/api/v1/tokens/{token_id}": { delete: Gone<{ token_id: string }> };
  "/api/v1/models": { get: Get0<Page<ModelRead>, Listing & { search?: string | null }> };
  "/api/v1/versions": { get: Get0<Page<VersionSummary>, Listing & { search?: string | null; all?: boolean }> };
  "/api/v1/models/{department}/{model}": { get: Get<ModelRead, never, DM> };
  "/api/v1/models/{department}/{model}/versions": { get: Get<Page<VersionSummary>, never, DM> };
  "/api/v1/models/{department}/{model}/versions/{number}": { get: Get<VersionRead, never, DM & { number: number }> };
  "/api/v1/models/{department}/{model}/versions/{number}/retire": { post: Post<VersionRead, { reason: string }, DM & { number: number }> };
  "/api/v1/models/{department}/{model}/versions/{number}/suspend": { post: Post<VersionRead, { reason: string }, DM & { number: number }> };
  "/api/v1/models/{department}/{model}/versions/{number}/reinstate": { post: Post<VersionRead, { reason: string }, DM & { number: number }> };
  "/api/v1/skills": { get: Get0<S["SkillsMatrix"], { department?: string | null }> };
  "/api/v1/jobs": { get: Get0<Page<JobRead>, Listing> };
  "/api/v1/jobs/{job_id}": { get: Get<JobRead, never, { job_id: string }> };
  "/api/v1/jobs/{job_id}/cancel": { post: Bare<JobRead, { job_id: string }> };
  "/api/v1/jobs/{job_id}/retry": { post: Bare<JobRead, { job_id: string }> };
  "/api/v1/jobs/{job_id}/events": { get: Get<{ items: EventRead[] }, { after?: number }, { job_id: string }> };
  "/api/v1/requests": {
    get: Get0<Page<RequestRead>, Listing>;
    post: Post0<RequestRead, { department: string; title: string; need: string }>;
  };
  "/api/v1/requests/{number}": { get: Get<RequestRead, never, { number: number }> };
  "/api/v1/requests/{number}/withdraw": { post: Post<RequestRead, { reason: string }, { number: number }> };
  "/api/v1/approvals": {
    get: Get0<Page<ApprovalRead>, Listing>;
    post: Post0<ApprovalRead, { version: string; endpoint: string; title: string; need: string }>;
  };
  "/api/v1/approvals/{approval_id}": { get: Get<ApprovalRead, never, { approval_id: string }> };
  "/api/v1/approvals/{approval_id}/approve": { post: Post<ApprovalRead, { reason: string; digest: string }, { approval_id: string }> };
  "/api/v1/approvals/{approval_id}/reject": { post: Post<ApprovalRead, { reason: string; digest: string }, { approval_id: string }> };
  "/api/v1/endpoints": { get: Get0<Page<EndpointRead>>; post: Post0<EndpointRead, { name: string; title: string }> };
  "/api/v1/endpoints/{department}/{name}": { get: Get<EndpointDetail, never, DN> };
  "/api/v1/endpoints/{department}/{name}/deploy": { post: Post<EndpointDetail, { approval: string }, DN> };
  "/api/v1/endpoints/{department}/{name}/rollback": { post: Post<EndpointDetail, { reason: string }, DN> };
  "/api/v1/endpoints/{department}/{name}/stop": { post: Post<EndpointDetail, { reason: string }, DN> };
  "/api/v1/usage": { get: Get0<UsageRead, { department?: string | null; month?: string | null }> };
  "/api/v1/usage/jobs": { get: Get0<Page<S["JobUsage"]>, { month?: string | null }> };
  "/api/v1/audit": {
    get: Get0<{ items: AuditRead[] }, { before?: number | null; limit?: number; event?: string | null; actor?: string | null; subject?: string | null }>;
  };
  "/api/v1/audit/verify": { post: Bare<S["Verdict"], never> & { parameters: { path?: never } } };
  "/api/v1/health": { get: Get0<Page<S["HealthLine"]>> };
  "/api/v1/feedback": { post: Post0<Json, { completion_id: string; rating: number; comment?: string | null; messages?: Json[]; answer?: string }> };
}
