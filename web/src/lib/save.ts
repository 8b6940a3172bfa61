/** Hand a text over as a file of this name. */
export function saveText(name: string, content: string, type = "text/yaml"): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
