/** The address to go to after signing in: only one of ours, so that a link cannot lead elsewhere. */
export function localPath(wanted: string | undefined): string {
  if (!wanted?.startsWith("/") || /^\/[/\\]/.test(wanted) || wanted.startsWith("/login")) return "/";
  return wanted;
}
