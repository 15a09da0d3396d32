// Bundles the portal's own sources with htmx and MapLibre into static/dist, and compresses each file once.
import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { constants, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "..", "static", "dist"));

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: ["js/portal.js", "css/portal.css", "css/map.css"],
  entryNames: "[name]",
  chunkNames: "[name]-[hash]",
  outdir: out,
  bundle: true,
  splitting: true,
  format: "esm",
  minify: true,
  target: ["chrome109", "firefox115", "safari16.4"],
  legalComments: "linked",
  logLevel: "warning",
});
await copyFile(join(here, "node_modules/maplibre-gl/dist/maplibre-gl-worker.mjs"), join(out, "maplibre-worker.mjs"));

for (const name of await readdir(out)) {
  if (!/\.(js|mjs|css)$/.test(name)) continue;
  const bytes = await readFile(join(out, name));
  await writeFile(join(out, `${name}.gz`), gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
}
