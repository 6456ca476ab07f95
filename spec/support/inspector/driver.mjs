// Runs JavaScript in a browser for spec/support/inspector/browser.rb. Reads one JSON object a line from standard input,
// and writes one a line to standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const modules = createRequire(`${process.env.LAMBY_BROWSER}/`);
const { chromium } = modules("playwright-core");
const axeSource = readFileSync(modules.resolve("axe-core/axe.min.js"), "utf8");
// Chromium's sandbox does not work for root.
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
const AsyncFunction = (async () => {}).constructor;
let page;
let problems = [];

// Opens a page in a new context, which shares nothing with the previous one.
async function open({ url, width, height, scheme }) {
  await page?.context().close();
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: scheme, reducedMotion: "reduce", acceptDownloads: true, permissions: ["clipboard-read", "clipboard-write"],
  });
  page = await context.newPage();
  page.setDefaultTimeout(Number(process.env.LAMBY_SPEC_TIMEOUT || 60) * 1000);
  problems = [];
  page.on("pageerror", (error) => problems.push(error.stack));
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && problems.push(message.text()));
  page.on("dialog", (dialog) => problems.push(`dialog ${dialog.message()}`) && dialog.dismiss());
  await page.goto(url);
}

// Returns what axe finds. The page's policy forbids scripts of others, so axe comes through the debugger.
async function axe() {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target} ${node.failureSummary}`).join("; ")}`);
}

const commands = {
  open,
  problems: () => problems,
  // Long texts, which wait for the browser, are arguments instead of code.
  run: ({ code, argument }) => new AsyncFunction("page", "argument", "axe", code)(page, argument, axe),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...options } = JSON.parse(line);
  const reply = await Promise.resolve(commands[command](options)).then((value) => ({ value }), (error) => ({ error: error.stack }));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
await browser.close();
