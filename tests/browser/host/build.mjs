// Bundles the host page into the folder that is given, with the packages that are installed beside
// this file: `node build.mjs FOLDER`.

import { build } from "esbuild";
import { copyFileSync } from "node:fs";
import { join } from "node:path";

const target = process.argv[2];

await build({
  entryPoints: { host: "host.js" },
  bundle: true,
  outdir: target,
  format: "iife",
  minify: true,
  define: { "process.env.NODE_ENV": '"development"' },
  logLevel: "warning",
});
await build({
  stdin: { contents: '@import "bootstrap/dist/css/bootstrap.css"; @import "./host.css";', loader: "css", resolveDir: "." },
  bundle: true,
  outfile: join(target, "host.css"),
  loader: { ".svg": "dataurl" },
  logLevel: "warning",
});
copyFileSync("index.html", join(target, "index.html"));
copyFileSync("node_modules/axe-core/axe.min.js", join(target, "axe.js"));
