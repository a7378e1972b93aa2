// Copies the JavaScript libraries of the reports and the studio from node_modules into the Python package, each
// with its license, and records their origin in provenance.json, which a test compares with package-lock.json.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const VENDOR = join(HERE, "..", "moviemotion", "_io", "vendor");
const WANTED = {
  "lit-html": ["lit-html.js", "LICENSE"],
  // The studio imports the module; a report is a single file that contains the minified script.
  uplot: ["dist/uPlot.esm.js", "dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE"],
};

const lock = JSON.parse(readFileSync(join(HERE, "package-lock.json"), "utf8")).packages;
rmSync(VENDOR, { recursive: true, force: true });
const provenance = Object.entries(WANTED).map(([name, files]) => {
  const { version, license, integrity } = lock[`node_modules/${name}`];
  mkdirSync(join(VENDOR, name), { recursive: true });
  const sha256 = Object.fromEntries(files.map((file) => {
    const [from, to] = [join(HERE, "node_modules", name, file), join(VENDOR, name, basename(file))];
    copyFileSync(from, to);
    return [basename(file), createHash("sha256").update(readFileSync(to)).digest("hex")];
  }));
  return { name, version, license, integrity, sha256 };
});
writeFileSync(join(VENDOR, "provenance.json"), JSON.stringify(provenance, null, 2) + "\n");
