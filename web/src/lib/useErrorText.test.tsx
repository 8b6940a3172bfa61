import i18next from "i18next";
import { renderToStaticMarkup } from "react-dom/server";
import { I18nextProvider } from "react-i18next";
import { describe, expect, it } from "vitest";
import { ApiError } from "../api/client";
import { messages as en } from "../locales/en";
import { messages as zh } from "../locales/zh-CN";
import { sentences, texts } from "../locales/zh-CN/refusals";
import { learnSentences } from "./sentences";
import { type ErrorText, useErrorText } from "./useErrorText";

learnSentences(sentences);

function Page({ error, given }: { error: ApiError; given: ErrorText[] }) {
  given.push(useErrorText()(error));
  return null;
}

/** What a page in this language says of a refusal. */
async function shown(language: "en" | "zh-CN", code: string, detail: string): Promise<ErrorText> {
  const i18n = i18next.createInstance();
  await i18n.init({
    lng: language,
    resources: {
      en: { translation: en },
      "zh-CN": { translation: { ...zh, said: { ...zh.said, ...texts } } },
    },
    interpolation: { escapeValue: false },
  });
  const given: ErrorText[] = [];
  renderToStaticMarkup(
    <I18nextProvider i18n={i18n}>
      <Page error={new ApiError(422, code, detail)} given={given} />
    </I18nextProvider>,
  );
  return given[0] as ErrorText;
}

const inChinese = async (detail: string) => (await shown("zh-CN", "refused", detail)).detail;

describe("a refusal on a Chinese page", () => {
  it("says its detail in Chinese, with names, states and rights in their words", async () => {
    const right =
      "lin may not do this in this department: it needs the right approval.decide. Ask an admin for a role that has it.";
    expect(await shown("zh-CN", "not_permitted", right)).toEqual({
      title: "没有权限执行此操作",
      detail: "lin 不能在此部门执行此操作：需要“作出审批决定”权限。请向管理员申请含有此权限的角色。",
    });
    expect(await inChinese("Request 12 is in_review and cannot become delivered.")).toBe(
      "需求 12 的状态是“审核中”，不能变为“已交付”。",
    );
    expect(await inChinese("There is a department 'support' already.")).toBe("已有部门“support”。");
    expect(await inChinese("The job has ended already: it was cancelled.")).toBe("任务已经结束：已取消。");
  });

  it("reads the sentences within it as well", async () => {
    expect(
      await inChinese("support/mail@3 for support/desk waits for its signature already (request 7)."),
    ).toBe("“support/mail@3 申请到 support/desk 工作”的审批已在等待签署（需求 7）。");
    expect(
      await inChinese(
        "It starts only after training.sft: Train support/mail, which failed. Try that one again first.",
      ),
    ).toBe("须等“培养（微调）：培养 support/mail”完成后才能开始，而它的状态是“失败”。请先重试该任务。");
    expect(
      await inChinese(
        "The budget of the department support for 2026-11 has 1.00 left of 50.00, and this request may cost up to 2.00. Ask for a shorter answer (max_tokens), ask whoever sets the budget for more, or wait for the next month.",
      ),
    ).toContain("部门 support 在 2026-11 的预算 50.00 还剩 1.00");
  });

  it("reads several sentences one after the other", async () => {
    const weights = "The weights add up to 0 and cannot be normalised. Change one of them.";
    const teachers = "No teacher has any items. Choose a data set that is not empty.";
    expect(await inChinese(`${weights} ${teachers}`)).toBe(
      "权重之和为 0，无法归一化。请修改其中一个。所有老师都没有条目。请选择非空的数据集。",
    );
    expect(await inChinese(`${weights} That is a pity.`)).toBe(`${weights} That is a pity.`);
  });

  it("names the field of a form that does not fit", async () => {
    expect(await inChinese("body.title: String should have at least 1 character")).toBe(
      "输入项 title：至少 1 个字符",
    );
    expect(
      await inChinese("body.limit: Value error, the limit cannot be smaller than what is deserved"),
    ).toBe("输入项 limit：上限不能小于应得");
    expect(await inChinese("spec.stages: Field required. (2 more)")).toBe(
      "输入项 spec.stages：不能为空（另有 2 处）。",
    );
    expect(await inChinese("train.jsonl: Line 3: 'messages' must be a list of 1 to 1000 messages.")).toBe(
      "train.jsonl：第 3 行：messages 须为 1 到 1000 条消息的列表。",
    );
  });

  it("stays as it came where it is not known, above all a person's own words", async () => {
    const own = [
      "The moon is full.",
      "Line 3: nicer words, please",
      "notes.csv: from Ann",
      "body.title: something new",
      "There is no department for this.",
      "She is not staff in this team.",
      "2 of 3 rules are mine",
      "Version error, see above",
    ];
    for (const text of own) expect(await inChinese(text)).toBe(text);
  });

  it("is the server's own on an English page", async () => {
    const text = "There is no such approval.";
    expect((await shown("en", "approval_not_found", text)).detail).toBe(text);
  });
});
