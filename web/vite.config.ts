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
    // Two files of libraries that every page needs; the others come with the pages that need them.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "widgets", test: /node_modules[\\/](@mantine|@floating-ui|@tabler)/ },
            {
              name: "platform",
              test: /node_modules[\\/](react|react-dom|scheduler|@tanstack[\\/](react-router|router-core|history|react-query|query-core|store|react-store)|i18next|react-i18next|openapi-fetch)[\\/]/,
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
