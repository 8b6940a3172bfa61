import "@mantine/spotlight/styles.css";
import { Spotlight } from "@mantine/spotlight";
import { IconAddressBook, IconSearch } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../api/session";
import { findModelsQuery } from "../../features/catalog/directoryApi";
import { useSaid } from "../../lib/useSaid";
import { placesFor } from "./places";
import { useActions } from "./useActions";

/** What scrolls has to take the focus; the list hands this on to its scroll area, though its type does not say so. */
const SCROLLED_BY_KEYS = { viewportProps: { tabIndex: 0 } };

/** Ctrl+K: models, pages and acts by their name, in the language of the page or in English. */
export function Palette() {
  const { t, i18n } = useTranslation();
  const may = useMay();
  const said = useSaid();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const [opened, setOpened] = useState(false);
  const wanted = typed.trim().toLowerCase();
  const fits = (...texts: string[]) => texts.some((text) => text.toLowerCase().includes(wanted));
  const places = placesFor(may).filter(({ name, to }) => fits(t(`shell.pages.${name}`), to));
  const actions = useActions().filter(({ label }) => fits(label));
  const models = useQuery({ ...findModelsQuery(typed.trim()), enabled: opened && wanted.length > 0 });
  const found = wanted.length > 0 ? (models.data?.items ?? []) : [];
  const nothing = places.length + actions.length + found.length === 0;
  return (
    <Spotlight.Root
      query={typed}
      onQueryChange={setTyped}
      onSpotlightOpen={() => setOpened(true)}
      onSpotlightClose={() => setOpened(false)}
      scrollable
      maxHeight="60vh"
      lang={i18n.language}
    >
      <Spotlight.Search
        placeholder={t("shell.paletteHint")}
        aria-label={t("shell.palette")}
        leftSection={<IconSearch size={18} aria-hidden />}
      />
      <Spotlight.ActionsList {...SCROLLED_BY_KEYS}>
        {found.length > 0 && (
          <Spotlight.ActionsGroup label={t("shell.paletteModels")}>
            {found.map(({ name, title }) => {
              const [department = "", model = ""] = name.split("/");
              return (
                <Spotlight.Action
                  key={name}
                  label={said(title)}
                  description={name}
                  leftSection={<IconAddressBook size={18} aria-hidden />}
                  onClick={() =>
                    void navigate({ to: "/models/$department/$model", params: { department, model } })
                  }
                />
              );
            })}
          </Spotlight.ActionsGroup>
        )}
        {places.length > 0 && (
          <Spotlight.ActionsGroup label={t("shell.palettePages")}>
            {places.map(({ to, name, icon: Mark }) => (
              <Spotlight.Action
                key={to}
                label={t(`shell.pages.${name}`)}
                description={to}
                leftSection={<Mark size={18} aria-hidden />}
                onClick={() => void navigate({ to })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {actions.length > 0 && (
          <Spotlight.ActionsGroup label={t("shell.paletteActions")}>
            {actions.map(({ label, icon: Mark, run }) => (
              <Spotlight.Action
                key={label}
                label={label}
                leftSection={<Mark size={18} aria-hidden />}
                onClick={run}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {nothing && <Spotlight.Empty>{t("common.nothingFound")}</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
