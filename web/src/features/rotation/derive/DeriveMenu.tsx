import { Button, Menu } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Version } from "../../../api/types";
import type { Derivation } from "./api";
import { DeriveDialog } from "./DeriveDialog";
import { derivations } from "./kinds";

/** What can be made of a version: a rotation with others, or another form of itself. */
export function DeriveMenu({ version }: { version: Version }) {
  const { t } = useTranslation();
  const may = useMay();
  const navigate = useNavigate();
  const [open, setOpen] = useState<Derivation | null>(null);
  if (!may("job.run") || version.state === "retired") return null;
  return (
    <>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
            {t("rotation.derive.menu")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {version.kind === "adapter" && (
            <Menu.Item
              onClick={() => void navigate({ to: "/studio/rotation", search: { with: [version.ref] } })}
            >
              {t("rotation.derive.rotate")}
            </Menu.Item>
          )}
          {derivations(version).map((each) => (
            <Menu.Item key={each} onClick={() => setOpen(each)}>
              {t(`rotation.derive.${each}.name`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {open && <DeriveDialog key={open} how={open} version={version} onClose={() => setOpen(null)} />}
    </>
  );
}
