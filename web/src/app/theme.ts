import { Alert, Badge, type CSSVariablesResolver, createTheme } from "@mantine/core";

const CJK = '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC"';

/** System fonts only; shades dark enough for text of normal size. */
export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 8, dark: 8 },
  autoContrast: true,
  defaultRadius: "md",
  respectReducedMotion: true,
  fontFamily: `system-ui, -apple-system, "Segoe UI", Roboto, ${CJK}, sans-serif`,
  components: {
    // Words as they are written: capitals are slower to read, and names have a case of their own.
    Badge: Badge.extend({ styles: { root: { textTransform: "none" } } }),
    // A tinted title on a tinted ground is hard to read; the icon carries the colour.
    Alert: Alert.extend({ styles: { title: { color: "var(--mantine-color-text)" } } }),
  },
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, monospace",
});

/** Mantine's own quiet colours are too faint to read; these reach the contrast that WCAG AA asks for. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "var(--mantine-color-gray-7)",
    "--mantine-color-placeholder": "var(--mantine-color-gray-7)",
  },
  dark: {
    "--mantine-color-dimmed": "var(--mantine-color-dark-1)",
    "--mantine-color-placeholder": "var(--mantine-color-dark-1)",
  },
});
