/** Hand a YAML over as a file, under the name that mergekit gives it. */
export function saveYaml(yaml: string): void {
  const address = URL.createObjectURL(new Blob([yaml], { type: "text/yaml" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = "mergekit_config.yml";
  link.click();
  URL.revokeObjectURL(address);
}
