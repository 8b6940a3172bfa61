import { describe, expect, it } from "vitest";
import type { Sending, SendState } from "./queue";
import { total } from "./totals";

const file = (state: SendState, sent = 1): Sending => ({ path: state, size: 2, sent, state, error: null });

describe("an upload of many files", () => {
  it.each([
    [["whole", "sending", "failed"], "sending"],
    [["whole", "waiting"], "sending"],
    [["whole", "paused"], "paused"],
    [["whole", "failed"], "failed"],
    [["whole", "whole"], "whole"],
  ] as [SendState[], string][])("of %j is %s", (states, state) => {
    expect(total(states.map((each) => file(each))).state).toBe(state);
  });

  it("adds up", () => {
    expect(total([file("whole", 2), file("sending", 1)])).toMatchObject({ sent: 3, size: 4 });
  });
});
