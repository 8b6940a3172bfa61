import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import type { Model, Version } from "../../../api/types";
import { CopyAs } from "../../../components/CopyAs";
import { EmptyState } from "../../../components/EmptyState";
import { ButtonLink } from "../../../components/Links";
import { PageHeader } from "../../../components/PageHeader";
import { QueryView } from "../../../components/QueryView";
import { Section } from "../../../components/Section";
import { StateBadge } from "../../../components/StateBadge";
import { useSaid } from "../../../lib/useSaid";
import { AccessTab } from "../access/AccessTab";
import { modelQuery, versionQuery } from "../api";
import { FileTabs } from "../components/FileTabs";
import { MoveButtons } from "../components/MoveButtons";
import { Succession } from "../components/Succession";
import { PushSnippets } from "../components/UseTab";
import type { Guests } from "../tabs";

const route = getRouteApi("/shell/models/$department/$model");

/** One model line; the version of the address, else the latest. */
export function PersonnelFilePage(guests: Guests): ReactNode {
  const { department, model } = route.useParams();
  const { version: chosen } = route.useSearch();
  const line = useQuery(modelQuery(department, model));
  return (
    <QueryView query={line} lines={10} heading={`${department}/${model}`}>
      {(found) => {
        const number = chosen ?? found.latest?.version;
        return number === undefined ? (
          <Unfilled model={found} />
        ) : (
          <VersionFile model={found} number={number} guests={guests} />
        );
      }}
    </QueryView>
  );
}

/** A model that nothing was filed under yet. */
function Unfilled({ model }: { model: Model }) {
  const { t } = useTranslation();
  const said = useSaid();
  const may = useMay();
  const [department = "", name = ""] = model.name.split("/");
  return (
    <Stack>
      <PageHeader
        title={said(model.title)}
        term={t("catalog.fileTerm", { name: model.name })}
        description={model.description}
      />
      <EmptyState
        title={t("catalog.noVersion")}
        hint={t("catalog.noVersionHint")}
        action={
          may("model.write", department) && (
            <ButtonLink to="/register" search={{ model: model.name }}>
              {t("register.action")}
            </ButtonLink>
          )
        }
      />
      <Section title={t("personnel.push")} term={t("personnel.pushTerm")}>
        <PushSnippets name={model.name} />
      </Section>
      <AccessTab path={{ department, model: name }} model={model} />
    </Stack>
  );
}

interface FileProps {
  model: Model;
  number: number;
  guests: Guests;
}

function VersionFile({ model, number, guests }: FileProps) {
  const { t } = useTranslation();
  const said = useSaid();
  const [department = "", name = ""] = model.name.split("/");
  const version = useQuery(versionQuery(department, name, number));
  return (
    <Stack>
      <PageHeader
        title={said(model.title)}
        term={t("catalog.fileTerm", { name: `${model.name}@${number}` })}
        description={model.description}
        badge={version.data && <StateBadge of="version" state={version.data.state} />}
        actions={
          version.data && (
            <FileActions version={version.data} department={department} model={name}>
              {guests.actions(version.data)}
            </FileActions>
          )
        }
      />
      <QueryView query={version} lines={8}>
        {(found) => (
          <>
            <Succession version={found} latest={model.latest} />
            <FileTabs
              path={{ department, model: name, number }}
              model={model}
              version={found}
              guests={guests}
            />
          </>
        )}
      </QueryView>
    </Stack>
  );
}

function FileActions({
  version,
  department,
  model,
  children,
}: {
  version: Version;
  department: string;
  model: string;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const may = useMay();
  return (
    <>
      {version.state !== "retired" && may("approval.ask") && (
        <ButtonLink to="/requests/new" search={{ version: version.ref }}>
          {t("catalog.askForDeployment")}
        </ButtonLink>
      )}
      {may("model.write", department) && (
        <ButtonLink to="/register" search={{ model: version.name }} variant="default">
          {t("register.newVersion")}
        </ButtonLink>
      )}
      {children}
      <CopyAs
        what={version.ref}
        cli={`aird models get ${version.ref}`}
        python={`version = client.models.get("${version.ref}")`}
        api={`/api/v1/models/${version.ref.replace("@", "/versions/")}`}
        yaml={version}
      />
      <MoveButtons version={version} department={department} model={model} />
    </>
  );
}
