import { defineConfig } from "vite";

// Names without hashes: the server sends an ETag of the content, and the files are in git.
export default defineConfig({
  base: "/",
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      output: {
        entryFileNames: "assets/dashboard.js",
        assetFileNames: "assets/dashboard[extname]",
        inlineDynamicImports: true,
      },
    },
  },
});
