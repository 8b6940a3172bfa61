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
    // Two files of libraries that change seldom; pages come one by one when they are opened.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "widgets", test: /node_modules[\\/](@mantine|@floating-ui|@tabler)/ },
            { name: "platform", test: /node_modules/ },
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
