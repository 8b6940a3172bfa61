import { Anchor, Code, Text, Typography } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import ReactMarkdown, { type Components } from "react-markdown";
import rehypeSanitize from "rehype-sanitize";
import remarkGfm from "remark-gfm";
import { cut, fewCells, harmless } from "./harmless";

type Props = { children?: ReactNode };

/** A heading two steps down: the page has its own h1 and h2. */
const heading = (level: 3 | 4 | 5 | 6) => {
  const Tag = `h${level}` as const;
  return ({ children }: Props) => <Tag>{children}</Tag>;
};

const COMPONENTS: Components = {
  h1: heading(3),
  h2: heading(4),
  h3: heading(5),
  h4: heading(6),
  h5: heading(6),
  h6: heading(6),
  a: ({ href, children }) =>
    href ? (
      <Anchor
        href={href}
        style={{ textDecoration: "underline" }}
        target="_blank"
        rel="noopener noreferrer nofollow"
      >
        {children}
      </Anchor>
    ) : (
      <span>{children}</span>
    ),
  // A picture would tell its server who reads the card, and when.
  img: ({ alt }) => <Picture alt={alt} />,
  pre: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keyboard
    <pre tabIndex={0}>{children}</pre>
  ),
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the keyboard
    <div style={{ overflowX: "auto", overflowWrap: "normal" }} tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => <span>{checked ? "☑ " : "☐ "}</span>,
};

function Picture({ alt }: { alt: string | undefined }) {
  const { t } = useTranslation();
  return (
    <Text span c="dimmed" fs="italic">
      [{alt ? t("catalog.card.picture", { alt }) : t("catalog.card.pictureUnnamed")}]
    </Text>
  );
}

/**
 * A stranger's Markdown. Nothing in it can run, load or look like a part of the page: HTML is left out, links
 * are plain ones to the web, pictures are named and not fetched.
 */
export function Markdown({ text }: { text: string }) {
  const { t } = useTranslation();
  const { shown, rest } = cut(text);
  return (
    <>
      <Typography style={{ overflowWrap: "anywhere" }}>
        <ReactMarkdown
          skipHtml
          remarkPlugins={fewCells(shown) ? [remarkGfm] : []}
          rehypePlugins={[rehypeSanitize]}
          urlTransform={harmless}
          components={COMPONENTS}
        >
          {shown}
        </ReactMarkdown>
      </Typography>
      {rest && (
        <>
          <Text size="sm" c="dimmed">
            {t("catalog.card.rest")}
          </Text>
          <Code block style={{ maxHeight: 300, overflow: "auto" }} tabIndex={0}>
            {rest}
          </Code>
        </>
      )}
    </>
  );
}
