import { useQuery } from "@tanstack/react-query";
import { EndpointLink } from "../../../components/Links";
import { endpointChoicesQuery } from "../api";

/** An endpoint by its title, as far as the reader may see it. */
export function NamedEndpoint({ name }: { name: string }) {
  const { data } = useQuery(endpointChoicesQuery);
  return <EndpointLink value={name} title={data?.items.find((each) => each.name === name)?.title} />;
}
