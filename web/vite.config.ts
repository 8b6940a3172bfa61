import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../aird/_ui",
    emptyOutDir: true,
    // Data URIs would need an exception in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Two files of libraries and one of our own that every page needs; the others come with the pages that need
    // them. Forty small files would cost the first page more than they save a later one.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "widgets", test: /node_modules[\\/](@mantine|@floating-ui|@tabler)/ },
            {
              name: "platform",
              test: /node_modules[\\/](react|react-dom|scheduler|@tanstack[\\/](react-router|router-core|history|react-query|query-core|store|react-store)|i18next|react-i18next|openapi-fetch)[\\/]/,
            },
            {
              name: "start",
              test: /web[\\/]src[\\/](api|lib[\\/](?!recipe|copyForms|save)\w+\.|components[\\/](Links|TopMenus|PageHeader|EmptyState|ErrorBox|QueryView|Since|StateBadge|SampleBadge)\.|features[\\/](notices|\w+[\\/](states?|tabs|words|slots|kinds|places?|lifecycle|api)\.ts|catalog[\\/](directoryApi|directory[\\/]filters)))/,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
