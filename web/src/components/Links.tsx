import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  NavLink,
  type NavLinkProps,
  Text,
} from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import { type AnchorHTMLAttributes, forwardRef, type ReactNode } from "react";
import { parseRef } from "../lib/refs";
import { useSaid } from "../lib/useSaid";

type Native = AnchorHTMLAttributes<HTMLAnchorElement>;

const MantineAnchor = forwardRef<HTMLAnchorElement, AnchorProps & Omit<Native, keyof AnchorProps>>(
  (props, ref) => <Anchor ref={ref} inherit={props.size === undefined} {...props} />,
);
/** A link in a text. */
export const PageLink: LinkComponent<typeof MantineAnchor> = createLink(MantineAnchor);

const MantineLinkButton = forwardRef<HTMLAnchorElement, ButtonProps & Omit<Native, keyof ButtonProps>>(
  (props, ref) => <Button component="a" ref={ref} {...props} />,
);
/** A link that looks like a button. */
export const ButtonLink: LinkComponent<typeof MantineLinkButton> = createLink(MantineLinkButton);

const MantineNavLink = forwardRef<HTMLAnchorElement, NavLinkProps & Omit<Native, keyof NavLinkProps>>(
  (props, ref) => <NavLink ref={ref} {...props} />,
);
/** An entry of the side navigation. */
export const SideLink: LinkComponent<typeof MantineNavLink> = createLink(MantineNavLink);

interface VersionProps {
  value: string;
  /** The model's title; with it the reference is a second line. */
  title?: string;
  underline?: AnchorProps["underline"];
}

/** "department/model@3" as a link to its personnel file; within a sentence it has to be underlined. */
export function VersionLink({ value, title, underline }: VersionProps) {
  const said = useSaid();
  const ref = parseRef(value);
  if (!ref) return <>{value}</>;
  const link = (
    <PageLink
      to="/models/$department/$model"
      params={{ department: ref.department, model: ref.model }}
      search={ref.number === null ? {} : { version: ref.number }}
      underline={underline}
    >
      {title ? said(title) : value}
    </PageLink>
  );
  return title ? <Named reference={value}>{link}</Named> : link;
}

/** A title with the reference below it. */
function Named({ reference, children }: { reference: string; children: ReactNode }) {
  return (
    <div>
      {children}
      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {reference}
      </Text>
    </div>
  );
}

/** "department/endpoint" as a link to its page; with its title the name is a second line. */
export function EndpointLink({ value, title }: { value: string; title?: string }) {
  const said = useSaid();
  const [department, name] = value.split("/");
  if (!department || !name) return <>{value}</>;
  const link = (
    <PageLink to="/endpoints/$department/$name" params={{ department, name }}>
      {title ? said(title) : value}
    </PageLink>
  );
  return title ? <Named reference={value}>{link}</Named> : link;
}
