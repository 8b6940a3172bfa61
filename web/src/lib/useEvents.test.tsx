import i18next from "i18next";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { describe, expect, it } from "vitest";
import { messages as en } from "../locales/en";
import { messages as zh } from "../locales/zh-CN";
import { useHappened, useSubject } from "./useEvents";

function Page<Found>({ useIt, given }: { useIt: () => Found; given: Found[] }) {
  given.push(useIt());
  return null;
}

/** What the hook gives to a component of a page in this language. */
async function inLanguage<Found>(language: string, useIt: () => Found): Promise<Found> {
  const i18n = i18next.createInstance();
  await i18n.init({
    lng: language,
    resources: { en: { translation: en }, "zh-CN": { translation: zh } },
    interpolation: { escapeValue: false },
  });
  const given: Found[] = [];
  renderToStaticMarkup(
    <I18nextProvider i18n={i18n}>
      <Page useIt={useIt} given={given} />
    </I18nextProvider>,
  );
  return given[0] as Found;
}

describe("what happened", () => {
  it("is said in words of the reader's language", async () => {
    expect((await inLanguage("en", useHappened))("jobs.job.queued")).toBe("Job: queued");
    expect((await inLanguage("zh-CN", useHappened))("jobs.job.queued")).toBe("任务：已排队");
  });

  it("may mean something else of another thing", async () => {
    const happened = await inLanguage("en", useHappened);
    expect(happened("catalog.version.succeeded")).toBe("Version: successor named");
    expect(happened("jobs.job.succeeded")).toBe("Job: done");
  });
});

describe("what it happened to", () => {
  it("has its kind and the title that the server gave in Chinese", async () => {
    const subject = await inLanguage("zh-CN", useSubject);
    expect(subject("jobs.job.queued", "merge.run: Merge support/both")).toBe(
      "轮岗（合并）：合并出 support/both",
    );
    expect(subject("requests.request.filed", "request 12")).toBe("需求 12");
    expect(subject("approval.approval.asked", "support/mail@3 for support/desk")).toBe(
      "support/mail@3 申请到 support/desk 工作",
    );
    expect(subject("metering.budget.set", "department support")).toBe("部门：support");
    expect(subject("datasets.feedback.given", "feedback on chatcmpl-7")).toBe("对回答 chatcmpl-7 的反馈");
  });

  it("keeps the names that people gave", async () => {
    const subject = await inLanguage("zh-CN", useSubject);
    expect(subject("jobs.job.queued", "training.sft: Merge of the two teams")).toMatch(
      /：Merge of the two teams$/,
    );
    expect(subject("catalog.model.added", "support/request")).toBe("support/request");
    expect(subject("evaluation.gate.added", "feedback on pricing")).toBe("feedback on pricing");
  });
});
