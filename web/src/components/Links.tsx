import {
  Anchor,
  type AnchorProps,
  Button,
  type ButtonProps,
  NavLink,
  type NavLinkProps,
} from "@mantine/core";
import { createLink, type LinkComponent } from "@tanstack/react-router";
import { type AnchorHTMLAttributes, forwardRef } from "react";
import { parseRef } from "../lib/refs";

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

/** "department/model@3" as a link to its personnel file; within a sentence it has to be underlined. */
export function VersionLink({ value, underline }: { value: string; underline?: AnchorProps["underline"] }) {
  const ref = parseRef(value);
  if (!ref) return <>{value}</>;
  return (
    <PageLink
      to="/models/$department/$model"
      params={{ department: ref.department, model: ref.model }}
      search={ref.number === null ? {} : { version: ref.number }}
      underline={underline}
    >
      {value}
    </PageLink>
  );
}

/** "department/endpoint" as a link to its page. */
export function EndpointLink({ value }: { value: string }) {
  const [department, name] = value.split("/");
  if (!department || !name) return <>{value}</>;
  return (
    <PageLink to="/endpoints/$department/$name" params={{ department, name }}>
      {value}
    </PageLink>
  );
}
