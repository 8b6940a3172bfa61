import { useCallback, useRef, useState, useSyncExternalStore } from "react";
import type { Version } from "../../../api/types";
import { type Filing, openModel, useFileUploads } from "../uploadApi";
import type { Checked } from "./checks";
import { type Sending, UploadQueue } from "./queue";
import { type Target, targetName } from "./target";

const NOTHING: readonly Sending[] = [];
const never = () => () => undefined;
const nothing = () => NOTHING;

export interface Registration {
  sending: readonly Sending[];
  /** What went wrong outside the sending of a single file. */
  error: unknown;
  busy: boolean;
  filed: Version | null;
  begin: (target: Target, files: Checked[]) => Promise<void>;
  pause: () => void;
  resume: () => void;
  file: (filing: Filing) => Promise<void>;
  abandon: () => void;
}

/** From chosen files to a version: open the model, send the files, have them filed. */
export function useRegistration(onOpened: (name: string) => void): Registration {
  const [queue, setQueue] = useState<UploadQueue | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [filed, setFiled] = useState<Version | null>(null);
  const name = useRef("");
  const filing = useFileUploads();
  const sending = useSyncExternalStore(queue?.subscribe ?? never, queue?.snapshot ?? nothing);

  const guarded = useCallback(async (act: () => Promise<void>) => {
    setBusy(true);
    setError(null);
    try {
      await act();
    } catch (caught) {
      setError(caught);
    } finally {
      setBusy(false);
    }
  }, []);

  return {
    sending,
    error,
    busy,
    filed,
    begin: (target, files) =>
      guarded(async () => {
        name.current = targetName(target) ?? "";
        if (target.kind === "new") await openModel(target);
        onOpened(name.current);
        const started = new UploadQueue(
          name.current,
          files.filter((each) => each.refusal === null),
        );
        setQueue(started);
        started.start();
      }),
    pause: () => void queue?.pause(),
    resume: () => {
      setError(null);
      queue?.start();
    },
    file: (said) =>
      guarded(async () => {
        if (!queue) return;
        setFiled(await filing.mutateAsync({ name: name.current, uploads: queue.ids(), filing: said }));
        await queue.forget();
      }),
    abandon: () => {
      void queue?.pause();
      setQueue(null);
      setError(null);
    },
  };
}
