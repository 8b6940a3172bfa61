import { describe, expect, it } from "vitest";
import { readSentence } from "./sentences";

describe("a reason of the server", () => {
  it("is read with its variable parts", () => {
    expect(
      readSentence("Attempt 1 of 3 ended early: the process was killed by signal 9. It is tried again."),
    ).toEqual({
      key: "tried",
      parts: { attempt: "1", most: "3", why: "the process was killed by signal 9" },
    });
    expect(readSentence("the process was killed by signal 9")?.key).toBe("killed");
  });

  it("is the most particular sentence that fits", () => {
    expect(readSentence("Runs on node-1.")?.key).toBe("runsOn");
    expect(readSentence("Runs on node-1: support holds 2 h100 and deserves 1; 1 are borrowed.")).toEqual({
      key: "runsBorrowed",
      parts: {
        machine: "node-1",
        department: "support",
        held: "2",
        flavour: "h100",
        deserved: "1",
        borrowed: "1",
      },
    });
  });

  it("is that of a plan's stage, with what would fix it", () => {
    const advice =
      "Give the stage more or better data, more steps or a better teacher, or lower the gate; then apply the plan " +
      "again: this stage and what follows it run.";
    const low = "support/mail@1 has 0.720 in support/mail-exam, 0.800 is wanted.";
    const unsure =
      "Its 24 items leave both possible (95 % interval 0.610 to 0.830): an exam of more items would tell.";
    expect(readSentence(`Stage mail: ${low} ${advice}`)?.parts).toEqual({
      stage: "mail",
      why: `${low} ${advice}`,
    });
    expect(readSentence(`${low} ${advice}`)?.key).toBe("gateTooLow");
    expect(readSentence(`${low} ${unsure} ${advice}`)).toMatchObject({
      key: "gateTooLowUnsure",
      parts: { items: "24", low: "0.610", high: "0.830" },
    });
    const job = "the process was killed by signal 9.";
    expect(
      readSentence(
        `Its job training.sft failed: Given up after 3 attempts; the last one ended early: ${job} Advance the plan ` +
          "to try once more, or change the stage and apply the plan again.",
      ),
    ).toMatchObject({ key: "stageJobFailed", parts: { kind: "training.sft" } });
    const role = "support/call-exam is 0.700 after lead, the role asks for 0.850.";
    expect(
      readSentence(`${role} Give its stage calls more data or steps, and apply the plan again.`),
    ).toMatchObject({
      key: "roleNotReached",
      parts: { found: "0.700", stage: "lead", why: "Give its stage calls more data or steps" },
    });
  });

  it("is the title of a job, put together of what and where", () => {
    expect(readSentence("7 versions in 3 suites")).toEqual({
      key: "examTitle",
      parts: { what: "7 versions", where: "3 suites" },
    });
    expect(readSentence("7 versions")).toEqual({ key: "manyVersions", parts: { number: "7" } });
    expect(readSentence("support/mail@1 in support/exam")?.key).toBe("examTitle");
    expect(readSentence("support/mail@2 beside support/mail@1 in 2 suites")).toEqual({
      key: "besideTitle",
      parts: { ref: "support/mail@2", reference: "support/mail@1", where: "2 suites" },
    });
    expect(readSentence("Request 7: see what came of its work")?.parts).toEqual({ number: "7" });
    expect(readSentence("Quantize platform/base@3")?.key).toBe("quantizeTitle");
    expect(readSentence("Export finance/secret")?.key).toBe("exportTitle");
    expect(readSentence("Search ties")?.key).toBe("searchBy");
    expect(readSentence("Search support/desk")?.key).toBe("searchTitle");
  });

  it("is what was done for a request", () => {
    expect(readSentence("train_larger: platform/tiny@1")?.parts).toEqual({
      option: "train_larger",
      refs: "platform/tiny@1",
    });
    expect(readSentence("merge: support/mail@1 + support/calls@2")?.key).toBe("optionChosen");
    expect(readSentence("reuse-cheaper: support/mail@1")?.key).toBe("optionChosen");
    expect(readSentence("Ordered: Train support/mail")).toEqual({
      key: "workOrdered",
      parts: { title: "Train support/mail" },
    });
    expect(readSentence("support/mail@1 on support/desk")?.key).toBe("worksOn");
  });

  it("is a line of aird doctor", () => {
    expect(readSentence("3.11.9 on Linux x86_64")?.key).toBe("python");
    expect(readSentence("81.2 GiB free at /var/lib/aird")?.parts).toEqual({
      free: "81.2",
      folder: "/var/lib/aird",
    });
    expect(readSentence("schema 0020, the newest is 0021")?.key).toBe("oldSchema");
    expect(readSentence("schema 0021")?.key).toBe("schema");
    expect(readSentence("4 waiting")?.parts).toEqual({ number: "4" });
  });

  it("may have more than one line", () => {
    expect(readSentence("Starting again. It ended.\nTwice.")?.parts).toEqual({ why: "It ended.\nTwice." });
  });

  it("is nobody's when a person wrote it", () => {
    expect(readSentence("The figures are wrong.")).toBeNull();
    expect(readSentence("Waits for a worker. And for me")).toBeNull();
    const own = [
      "Search engines",
      "Train the desk",
      "Merge requests",
      "Lessons in Chinese",
      "Mail on Monday",
    ];
    const more = ["Still waiting", "train: by hand", "schema is wrong", "Clean up", "7 versions of it"];
    expect([...own, ...more].filter((text) => readSentence(text) !== null)).toEqual([]);
  });
});
