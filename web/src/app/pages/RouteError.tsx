import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { ErrorBox } from "../../components/ErrorBox";
import { BarePage } from "./BarePage";

/** A page that could not be shown at all. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <BarePage>
      <ErrorBox error={error} retry={retry} />
    </BarePage>
  );
}
