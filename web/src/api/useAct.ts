import { notifications } from "@mantine/notifications";
import { type QueryKey, type UseMutationResult, useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useErrorText } from "../lib/useErrorText";

interface Act<In, Out> {
  run: (input: In) => Promise<Out>;
  /** Query keys that are out of date afterwards. */
  touches: QueryKey[];
  /** What to say when it is done. */
  done?: string;
  /** The caller shows the error beside its form. */
  showsError?: boolean;
}

/** A change on the server: afterwards what it touched is asked for again, and the person is told. */
export function useAct<In, Out>(act: Act<In, Out>): UseMutationResult<Out, Error, In> {
  const queries = useQueryClient();
  const errorText = useErrorText();
  const { t } = useTranslation();
  const closeButtonProps = { "aria-label": t("common.close") };
  return useMutation({
    mutationFn: act.run,
    onSuccess: async () => {
      await Promise.all(act.touches.map((queryKey) => queries.invalidateQueries({ queryKey })));
      if (act.done) notifications.show({ message: act.done, color: "teal", closeButtonProps });
    },
    onError: (error) => {
      if (act.showsError) return;
      const { title, detail } = errorText(error);
      notifications.show({ title, message: detail, color: "red", autoClose: false, closeButtonProps });
    },
  });
}
