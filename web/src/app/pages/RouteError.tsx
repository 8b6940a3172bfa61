import { Container } from "@mantine/core";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { ErrorBox } from "../../components/ErrorBox";

/** A page that could not be shown at all. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Container py="xl">
      <ErrorBox error={error} retry={retry} />
    </Container>
  );
}
