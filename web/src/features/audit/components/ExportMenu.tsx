import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconDownload } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { type AuditFilters, exportAddress } from "../api";

interface Choice {
  label: string;
  form: "jsonl" | "csv";
  what: AuditFilters;
}

/** The whole log to be verified elsewhere; what is filtered, to be read. */
export function ExportMenu({ filters, filtered }: { filters: AuditFilters; filtered: boolean }) {
  const { t } = useTranslation();
  const choices: Choice[] = [
    { label: t("audit.exportAll"), form: "jsonl", what: {} },
    { label: t("audit.exportAllTable"), form: "csv", what: {} },
  ];
  if (filtered) {
    choices.push(
      { label: t("audit.exportFound"), form: "jsonl", what: filters },
      { label: t("audit.exportFoundTable"), form: "csv", what: filters },
    );
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          {t("audit.export")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map(({ label, form, what }) => (
          <Menu.Item
            key={label}
            component="a"
            href={exportAddress(form, what)}
            download={`aird-audit.${form}`}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
