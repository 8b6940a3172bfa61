import { Container } from "@mantine/core";
import { useMatch } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** A page that may stand inside the shell or in its place; there is one main landmark either way. */
export function BarePage({ children }: { children: ReactNode }) {
  const inShell = useMatch({ from: "/shell", shouldThrow: false }) !== undefined;
  return (
    <Container py="xl" component={inShell ? "div" : "main"}>
      {children}
    </Container>
  );
}
