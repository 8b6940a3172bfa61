import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useMay } from "../../../api/session";
import { ButtonLink } from "../../../components/Links";
import { choicesQuery } from "./api";

/** Those who answer, for somebody who may ask them. */
function useChoices() {
  const may = useMay();
  return useQuery({ ...choicesQuery, enabled: may("endpoint.use") });
}

/** To the playground with an endpoint, or with both versions of it while one is on trial. */
export function TryEndpoint({ name }: { name: string }) {
  const { t } = useTranslation();
  const choices = useChoices();
  const here = choices.data?.items.filter((each) => each.endpoint === name) ?? [];
  if (here.length === 0) return null;
  const alone = here.filter((each) => each.role !== "endpoint");
  const compare = (alone.length > 1 ? alone : here).map((each) => each.model);
  return (
    <ButtonLink to="/playground" search={{ compare }} variant="default">
      {t("playground.compare")}
    </ButtonLink>
  );
}

/** To the playground with a version, if it answers somewhere, beside whoever else answers there. */
export function TryVersion({ digest }: { digest: string }) {
  const { t } = useTranslation();
  const choices = useChoices();
  const items = choices.data?.items ?? [];
  const own = items.filter((each) => each.digest === digest);
  const found = own.find((each) => each.role !== "endpoint") ?? own[0];
  if (!found) return null;
  const beside = items.filter(
    (each) => each.endpoint === found.endpoint && each.role !== "endpoint" && each.digest !== digest,
  );
  const compare = [found, ...beside].map((each) => each.model);
  return (
    <ButtonLink to="/playground" search={{ compare }} variant="default">
      {t("playground.try")}
    </ButtonLink>
  );
}
