import { useEffect, useState } from "react";
import { body, head } from "../card/harmless";
import type { Checked } from "./checks";

export interface Readme {
  markdown: string;
  /** Single values of the YAML head. */
  says: Record<string, string>;
}

const MOST = 2 * 1024 * 1024;

/** The card among the chosen files, null when there is none. */
export function useReadme(files: Checked[]): Readme | null {
  const [readme, setReadme] = useState<Readme | null>(null);
  const file = files.find((each) => each.path === "README.md" && each.refusal === null)?.file;
  useEffect(() => {
    let gone = false;
    setReadme(null);
    file
      ?.slice(0, MOST)
      .text()
      .then(
        (text) => !gone && setReadme({ markdown: body(text), says: head(text) }),
        () => undefined, // a file that vanished meanwhile fails when it is sent, with a reason
      );
    return () => {
      gone = true;
    };
  }, [file]);
  return readme;
}
