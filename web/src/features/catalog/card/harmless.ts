/** What of a card is turned into a page. Pure: decides on text and addresses, draws nothing. */

const MOST = 60_000;
// What reading takes grows with the square of these; no honest card comes near.
const DEEPEST = 24;
const WIDEST = 80;
const LONGEST = 20_000;
const CELLS = 1500;

/** The address when following it can do no harm; undefined for scripts, data, our own pages and all else. */
export function harmless(url: string): string | undefined {
  const wanted = url.trim();
  if (!/^(https?:\/\/|mailto:)/i.test(wanted)) return undefined;
  return URL.canParse(wanted) ? wanted : undefined;
}

/** What is read as Markdown, and what is shown as plain text: the end of a very long card, all of a trap. */
export function cut(text: string): { shown: string; rest: string } {
  if (isTrap(text)) return { shown: "", rest: text.slice(0, MOST) };
  if (text.length <= MOST) return { shown: text, rest: "" };
  const line = text.lastIndexOf("\n", MOST);
  const end = line > 0 ? line : MOST;
  return { shown: text.slice(0, end), rest: text.slice(end, end + MOST) };
}

/** Whether the text's tables are drawn; what that takes grows with the square of their cells. */
export function fewCells(text: string): boolean {
  return text.split("|", CELLS + 1).length <= CELLS;
}

/** Whether the text nests so deeply, or repeats openings so often, that reading it would take very long. */
function isTrap(text: string): boolean {
  return text.split("\n").some((line) => {
    const quotes = /^[\s>]*/.exec(line)?.[0].replace(/\s/g, "").length ?? 0;
    const columns = line.split("|", WIDEST + 1).length;
    return quotes > DEEPEST || columns > WIDEST || line.length > LONGEST || /([[(*_<`~!])\1{200,}/.test(line);
  });
}

/** A card's Markdown without its YAML head. */
export function body(readme: string): string {
  return readme.replace(/^\uFEFF?---\r?\n[\s\S]*?\r?\n---\r?\n?/, "");
}

/** Single values of the YAML head, to fill a form with; the server reads the whole of it. */
export function head(readme: string): Record<string, string> {
  const yaml = /^\uFEFF?---\r?\n([\s\S]*?)\r?\n---/.exec(readme)?.[1] ?? "";
  const lines = yaml.matchAll(/^([a-z_]+):[ \t]*["']?([^\s"'[{|>#][^"'\r\n]*?)["']?[ \t]*$/gim);
  return Object.fromEntries([...lines].map(([, name = "", value = ""]) => [name.toLowerCase(), value]));
}
